"""Words, texts and tags in one space."""
