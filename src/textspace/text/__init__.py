"""From text to ids: reading, tokenizing, the vocabulary, n-grams of characters, the encoded corpus."""
