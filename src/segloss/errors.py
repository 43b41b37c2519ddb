"""The one error that users meet: a sentence that names the file and what was expected."""


class InputError(ValueError):
    """Bad input. The message is one sentence; the command line prints it without a traceback."""
