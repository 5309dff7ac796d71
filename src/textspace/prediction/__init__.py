"""From texts to labels and scores with a trained model."""
