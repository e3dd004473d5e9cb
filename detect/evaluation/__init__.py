"""How well the rules find what happens in clips whose truth is known."""
