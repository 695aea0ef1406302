PLUMB_ISA=nonsense plumb doctor
