plumb list kittens
