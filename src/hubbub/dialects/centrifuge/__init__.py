"""The Centrifuge protocol, spoken by the Centrifuge SDKs."""
