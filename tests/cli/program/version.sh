plumb --version
