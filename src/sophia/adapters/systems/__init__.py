"""What the systems that SOPHIA looks at share: how they are asked, and how what they tell becomes documents."""
