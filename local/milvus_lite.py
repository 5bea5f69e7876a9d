"""`python -m local.milvus_lite server ...`: Milvus Lite's own program, with the search of `local.lite_search`."""

import sys

from milvus_lite.cmdline import main

from local import lite_search

if __name__ == "__main__":
    lite_search.install()
    sys.exit(main())
