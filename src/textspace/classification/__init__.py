"""What `TextClassifier` is made of: fitting, questions, calibration, explanations."""
