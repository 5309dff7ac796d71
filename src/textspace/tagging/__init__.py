"""What the estimator `TagSpace` is made of: tags from texts, scores of all tags, training of both parts."""
