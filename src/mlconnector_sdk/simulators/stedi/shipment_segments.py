"""The segments that only ship notices have. The notation is explained in `segments`."""

from __future__ import annotations

__all__ = ["TABLE"]

TABLE = """
BSN beginning_segment_for_ship_notice
01! transaction_set_purpose_code ID 2 353
02! shipment_identification AN 2-30
03! date DT 8
04! time TM 4-8
05  hierarchical_structure_code ID 4
06  transaction_type_code ID 2
07  status_reason_code ID 3

HL hierarchical_level
01! hierarchical_id_number AN 1-12
02  hierarchical_parent_id_number AN 1-12
03! hierarchical_level_code ID 1-2
04  hierarchical_child_code ID 1

PRF purchase_order_reference
01! purchase_order_number AN 1-22
02  release_number AN 1-30
03  change_order_sequence_number AN 1-8
04  date DT 8

LIN item_identification
01  assigned_identification AN 1-20
02..30 product_service_id_qualifier ID 2 235
03..31 product_service_id AN 1-48
notes P0203 P0405 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425 P2627 P2829 P3031

SN1 item_detail_shipment
01  assigned_identification AN 1-20
02! number_of_units_shipped R 1-10
03! unit_or_basis_for_measurement_code ID 2
04  quantity_shipped_to_date R 1-15
05  quantity_ordered R 1-15
06  unit_or_basis_for_measurement_code ID 2
07  returnable_container_load_make_up_code ID 1-2
08  line_item_status_code ID 2 668
notes P0506

MAN marks_and_numbers|marks_and_numbers_information
01! marks_and_numbers_qualifier ID 1-2
02! marks_and_numbers AN 1-48

TD1 carrier_details_quantity_and_weight
01  packaging_code AN 3-5
02  lading_quantity N0 1-7
03  commodity_code_qualifier ID 1
04  commodity_code AN 1-30
05  lading_description AN 1-50
06  weight_qualifier ID 1-2
07  weight R 1-10
08  unit_or_basis_for_measurement_code ID 2
notes C0102 C0304 C0607 P0708
"""
