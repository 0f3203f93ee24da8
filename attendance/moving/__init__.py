"""An organisation leaves with everything it owns, in open formats, and arrives in another installation."""
