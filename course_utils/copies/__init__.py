"""The student's copies of the lessons: made from the masters, updated without harm to what was written."""

from course_utils.copies.folder import Change, Work, find_work, fresh_copy, update_copies
from course_utils.copies.merging import Merge, merge
from course_utils.copies.prepare import prepare

__all__ = ["Change", "Merge", "Work", "find_work", "fresh_copy", "merge", "prepare", "update_copies"]
