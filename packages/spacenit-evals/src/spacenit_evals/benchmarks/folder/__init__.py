"""A folder of labelled images, with a table of their classes."""
