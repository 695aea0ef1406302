# Every verb names the option that it does not know, and does nothing.
for verb in convert detect classify run eval inspect bench list doctor completion; do
  plumb $verb --no-such-option > out.txt 2> err.txt
  echo "$verb: exit $?, mentions it: $(grep -c -- 'no-such-option\|required' err.txt), printed: $(wc -c < out.txt)"
done
