# A key of the file is the option of that name; what the command line gives wins.
printf 'json: true\nthreads: 3\n' > job.yaml
plumb doctor --config job.yaml | grep -c '"threads": 3'
plumb doctor --config job.yaml --threads 1 | grep -c '"threads": 1'
