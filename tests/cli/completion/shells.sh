# Each script is for its shell and names every verb; bash can read its own.
for shell in bash zsh fish; do
  plumb completion $shell > script.$shell
  echo "$shell: exit $?, verbs named: $(for verb in convert detect classify run eval inspect export bench list doctor completion; do
    grep -q "$verb" script.$shell && echo $verb; done | wc -l)"
done
bash -n script.bash && . ./script.bash && complete -p plumb
