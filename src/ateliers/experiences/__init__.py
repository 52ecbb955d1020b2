"""What was learnt from what took place: what people are written afterwards, and what they say of it."""
