"""The segments that only invoices have. The notation is explained in `segments`."""

from __future__ import annotations

__all__ = ["TABLE"]

TABLE = """
BIG beginning_segment_for_invoice
01! date DT 8
02! invoice_number AN 1-22
03  date DT 8
04  purchase_order_number AN 1-22
05  release_number AN 1-30
06  change_order_sequence_number AN 1-8
07  transaction_type_code ID 2 640
08  transaction_set_purpose_code ID 2 353
09  action_code ID 1-2
10  invoice_number AN 1-22

NTE note_special_instruction
01  note_reference_code ID 3
02! description AN 1-80

IT1 baseline_item_data_invoice
01  assigned_identification AN 1-20
02  quantity_invoiced R 1-10|1-15
03  unit_or_basis_for_measurement_code ID 2
04  unit_price R 1-17
05  basis_of_unit_price_code ID 2
06..24 product_service_id_qualifier ID 2 235
07..25 product_service_id AN 1-48
notes P020304 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425

TXI tax_information
01! tax_type_code ID 2
02  monetary_amount R 1-18
03  percent|percentage_as_decimal R 1-10
04  tax_jurisdiction_code_qualifier ID 2
05  tax_jurisdiction_code AN 1-10
06  tax_exempt_code ID 1
07  relationship_code ID 1
08  dollar_basis_for_percent R 1-9
09  tax_identification_number AN 1-20
10  assigned_identification AN 1-20
notes R020306 P0405 C0803

TDS total_monetary_value_summary
01! amount N2 1-15
02  amount N2 1-15
03  amount N2 1-15
04  amount N2 1-15

CAD carrier_detail|carrier_details
01  transportation_method_type_code ID 1-2
02  equipment_initial AN 1-4
03  equipment_number AN 1-10|1-15
04  standard_carrier_alpha_code ID 2-4
05  routing AN 1-35
06  shipment_order_status_code ID 2
07  reference_identification_qualifier ID 2-3
08  reference_identification AN 1-30|1-50
09  service_level_code ID 2
notes R0405 C0708

ISS invoice_shipment_summary
01  number_of_units_shipped R 1-10
02  unit_or_basis_for_measurement_code ID 2
03  weight R 1-10
04  unit_or_basis_for_measurement_code ID 2
05  volume R 1-8
06  unit_or_basis_for_measurement_code ID 2
07  quantity R 1-15
08  weight R 1-10
notes R010305 P0102 P0304 P0506
"""
