"""Small synthetic bundles, one per situation, and the script that makes them."""
