import os
import sys

from towns import commands

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if __name__ == "__main__":
    commands.run(sys.argv)
