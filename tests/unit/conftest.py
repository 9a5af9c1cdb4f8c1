"""What the unit tests share: an example may take as long as a busy machine needs."""

from hypothesis import settings

settings.register_profile("course", deadline=None)
settings.load_profile("course")
