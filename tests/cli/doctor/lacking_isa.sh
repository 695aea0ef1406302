# The instruction sets of another architecture are known, and no CPU of this one has them.
case "$(uname -m)" in x86_64) isa=neon ;; *) isa=avx2 ;; esac
PLUMB_ISA=$isa plumb doctor
