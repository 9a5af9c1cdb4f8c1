"""Commands of the command line that train and use classifiers."""
