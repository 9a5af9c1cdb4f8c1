"""What authors run every day: lessons, numbers, slides, pages, and the checks of lessons."""
