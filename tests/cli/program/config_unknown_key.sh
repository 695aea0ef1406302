printf 'top: 3\nspeed: fast\n' > job.yaml
plumb classify model.onnx picture.jpg --config job.yaml
