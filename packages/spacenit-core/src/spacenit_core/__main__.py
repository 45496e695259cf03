"""`python -m spacenit_core` is `spacenit-run`; torchrun starts a module, not a script."""

from spacenit_core.cli.main import main

if __name__ == "__main__":
    main()
