"""`python -m tflops_native`: the same as `tflops`."""

from tflops_native.cli import main

if __name__ == "__main__":
    main()
