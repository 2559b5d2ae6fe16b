"""The card in a phone's wallet: what it says, and the two forms it takes. Hidden where no certificate is configured."""
