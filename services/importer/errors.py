"""What ends an import. Each message is a sentence for the person who started it."""


class ImportStopped(Exception):
    """The import cannot go on; `exit_code` is what the command ends with."""

    exit_code = 1


class DataError(ImportStopped):
    """The data set cannot be read at all."""

    exit_code = 2


class ServerError(ImportStopped):
    """The shop does not answer or does not let the importer in. What was written stays, and the next run goes on."""


class FileError(Exception):
    """One file of the data set cannot be read; the others may be."""
