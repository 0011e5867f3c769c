"""The segments of business documents, as data: names, types, lengths and syntax notes of every element.

One block per segment. The first line is its id and its name as Guide JSON spells it. Then, per element::

    01! transaction_set_purpose_code ID 2     position, ! where mandatory, name, type, length
    06/25 product_service_id_qualifier ID 2, product_service_id AN 1-48
                                              positions 6 to 25, these two in turn
    = P0304 R0203                             syntax notes

Types are those of the standard: AN text, ID code, N0 integer, N2 two implied decimals, R number, DT date,
TM time; C001 and C040 are composites, described like segments. Notes: P all or none of them, R at least
one, E at most one, C the first needs all others, L the first needs one of the others.

Release 005010 is written as the differences to 004010: the lines given here replace those with the same
position. Lengths and types follow a public grammar of the standard, names Stedi's public X12 reference.
One deviation: a postal code is a code by the standard, and text here, because real ones hold blanks and
hyphens. The segments of envelopes and of the 997 are in `control_tables`.
"""

from __future__ import annotations

__all__ = ["RELEASE_004010", "RELEASE_005010"]

RELEASE_004010 = """
C001 composite_unit_of_measure
  01! unit_or_basis_for_measurement_code ID 2
  02 exponent R 1-15
  03 multiplier R 1-10
  04/15 unit_or_basis_for_measurement_code ID 2, exponent R 1-15, multiplier R 1-10
C040 reference_identifier
  01! reference_identification_qualifier ID 2-3
  02! reference_identification AN 1-30
  03/06 reference_identification_qualifier ID 2-3, reference_identification AN 1-30
  = P0304 P0506
ACK line_item_acknowledgment
  01! line_item_status_code ID 2
  02 quantity R 1-15
  03 unit_or_basis_for_measurement_code ID 2
  04 date_time_qualifier ID 3
  05 date DT 8
  06 request_reference_number AN 1-45
  07/26 product_service_id_qualifier ID 2, product_service_id AN 1-48
  27 agency_qualifier_code ID 2
  28 source_subqualifier AN 1-15
  29 industry_code AN 1-30
  = P0203 C0405 P0708 P0910 P1112 P1314 P1516 P1718 P1920 P2122 P2324 P2526
AMT monetary_amount
  01! amount_qualifier_code ID 1-3
  02! monetary_amount R 1-18
  03 credit_debit_flag_code ID 1
BAK beginning_segment_for_purchase_order_acknowledgment
  01! transaction_set_purpose_code ID 2
  02! acknowledgment_type ID 2
  03! purchase_order_number AN 1-22
  04! date DT 8
  05 release_number AN 1-30
  06 request_reference_number AN 1-45
  07 contract_number AN 1-30
  08 reference_identification AN 1-30
  09 date DT 8
  10 transaction_type_code ID 2
BCH beginning_segment_for_purchase_order_change
  01! transaction_set_purpose_code ID 2
  02! purchase_order_type_code ID 2
  03! purchase_order_number AN 1-22
  04 release_number AN 1-30
  05 change_order_sequence_number AN 1-8
  06! date DT 8
  07 request_reference_number AN 1-45
  08 contract_number AN 1-30
  09 reference_identification AN 1-30
  10 date DT 8
  11 date DT 8
  12 contract_type_code ID 2
  13 security_level_code ID 2
  14 acknowledgment_type ID 2
  15 transaction_type_code ID 2
  16 purchase_category ID 2
BEG beginning_segment_for_purchase_order
  01! transaction_set_purpose_code ID 2
  02! purchase_order_type_code ID 2
  03! purchase_order_number AN 1-22
  04 release_number AN 1-30
  05! date DT 8
  06 contract_number AN 1-30
  07 acknowledgment_type ID 2
  08 invoice_type_code ID 3
  09 contract_type_code ID 2
  10 purchase_category ID 2
  11 security_level_code ID 2
  12 transaction_type_code ID 2
BIG beginning_segment_for_invoice
  01! date DT 8
  02! invoice_number AN 1-22
  03 date DT 8
  04 purchase_order_number AN 1-22
  05 release_number AN 1-30
  06 change_order_sequence_number AN 1-8
  07 transaction_type_code ID 2
  08 transaction_set_purpose_code ID 2
  09 action_code ID 1-2
  10 invoice_number AN 1-22
CAD carrier_detail
  01 transportation_method_type_code ID 1-2
  02 equipment_initial AN 1-4
  03 equipment_number AN 1-10
  04 standard_carrier_alpha_code ID 2-4
  05 routing AN 1-35
  06 shipment_order_status_code ID 2
  07 reference_identification_qualifier ID 2-3
  08 reference_identification AN 1-30
  09 service_level_code ID 2
CSH sales_requirements
  01 sales_requirement_code ID 1-2
  02 action_code ID 1-2
  03 amount N2 1-15
  04 account_number AN 1-35
  05 date DT 8
  06 agency_qualifier_code ID 2
  07 special_services_code ID 2-10
  08 product_service_substitution_code ID 1-2
  09 percent R 1-10
  10 percent_qualifier ID 1-2
  = C0203 P0607 P0910
CTP pricing_information
  01 class_of_trade_code ID 2
  02 price_identifier_code ID 3
  03 unit_price R 1-17
  04 quantity R 1-15
  05 composite_unit_of_measure C001
  06 price_multiplier_qualifier ID 3
  07 multiplier R 1-10
  08 monetary_amount R 1-18
  09 basis_of_unit_price_code ID 2
  10 condition_value AN 1-10
  11 multiple_price_quantity N0 1-2
  = P0405 C0607 C0902 C1002 C1103
CTT transaction_totals
  01! number_of_line_items N0 1-6
  02 hash_total R 1-10
  03 weight R 1-10
  04 unit_or_basis_for_measurement_code ID 2
  05 volume R 1-8
  06 unit_or_basis_for_measurement_code ID 2
  07 description AN 1-80
  = P0304 P0506
CUR currency
  01! entity_identifier_code ID 2-3
  02! currency_code ID 3
  03 exchange_rate R 4-10
  04 entity_identifier_code ID 2-3
  05 currency_code ID 3
  06 currency_market_exchange_code ID 3
  07/21 date_time_qualifier ID 3, date DT 8, time TM 4-8
DTM date_time_reference
  01! date_time_qualifier ID 3
  02 date DT 8
  03 time TM 4-8
  04 time_code ID 2
  05 date_time_period_format_qualifier ID 2-3
  06 date_time_period AN 1-35
  = R020305 C0403 P0506
FOB fob_related_instructions
  01! shipment_method_of_payment ID 2
  02 location_qualifier ID 1-2
  03 description AN 1-80
  04 transportation_terms_qualifier_code ID 2
  05 transportation_terms_code ID 3
  06 location_qualifier ID 1-2
  07 description AN 1-80
  08 risk_of_loss_code ID 2
  09 description AN 1-80
  = C0302 C0405 C0706 C0809
ISS invoice_shipment_summary
  01 number_of_units_shipped R 1-10
  02 unit_or_basis_for_measurement_code ID 2
  03 weight R 1-10
  04 unit_or_basis_for_measurement_code ID 2
  05 volume R 1-8
  06 unit_or_basis_for_measurement_code ID 2
  07 quantity R 1-15
  08 weight R 1-10
  = R010305 P0102 P0304 P0506
IT1 baseline_item_data_invoice
  01 assigned_identification AN 1-20
  02 quantity_invoiced R 1-10
  03 unit_or_basis_for_measurement_code ID 2
  04 unit_price R 1-17
  05 basis_of_unit_price_code ID 2
  06/25 product_service_id_qualifier ID 2, product_service_id AN 1-48
  = P020304 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425
ITD terms_of_sale_deferred_terms_of_sale
  01 terms_type_code ID 2
  02 terms_basis_date_code ID 1-2
  03 terms_discount_percent R 1-6
  04 terms_discount_due_date DT 8
  05 terms_discount_days_due N0 1-3
  06 terms_net_due_date DT 8
  07 terms_net_days N0 1-3
  08 terms_discount_amount N2 1-10
  09 terms_deferred_due_date DT 8
  10 deferred_amount_due N2 1-10
  11 percent_of_invoice_payable R 1-5
  12 description AN 1-80
  13 day_of_month N0 1-2
  14 payment_method_code ID 1-2
  15 percent R 1-10
  = L03040513 L08040513 L091011
MSG message_text
  01! free_form_message_text AN 1-264
  02 printer_carriage_control_code ID 2
  03 number N0 1-9
  = C0302
MTX text
  01 note_reference_code ID 3
  02 textual_data AN 1-4096
  03 textual_data AN 1-4096
  04 printer_carriage_control_code ID 2
  05 number N0 1-9
  = C0102 C0302 C0504
N1 name
  01! entity_identifier_code ID 2-3
  02 name AN 1-60
  03 identification_code_qualifier ID 1-2
  04 identification_code AN 2-80
  05 entity_relationship_code ID 2
  06 entity_identifier_code ID 2-3
  = R0203 P0304
N2 additional_name_information
  01! name AN 1-60
  02 name AN 1-60
N3 address_information
  01! address_information AN 1-55
  02 address_information AN 1-55
N4 geographic_location
  01 city_name AN 2-30
  02 state_or_province_code ID 2
  03 postal_code AN 3-15
  04 country_code ID 2-3
  05 location_qualifier ID 1-2
  06 location_identifier AN 1-30
  = C0605
N9 reference_identification
  01! reference_identification_qualifier ID 2-3
  02 reference_identification AN 1-30
  03 free_form_description AN 1-45
  04 date DT 8
  05 time TM 4-8
  06 time_code ID 2
  07 reference_identifier C040
  = R0203 C0605
NTE note_special_instruction
  01 note_reference_code ID 3
  02! description AN 1-80
PER administrative_communications_contact
  01! contact_function_code ID 2
  02 name AN 1-60
  03/08 communication_number_qualifier ID 2, communication_number AN 1-80
  09 contact_inquiry_reference AN 1-20
  = P0304 P0506 P0708
PID product_item_description
  01! item_description_type ID 1
  02 product_process_characteristic_code ID 2-3
  03 agency_qualifier_code ID 2
  04 product_description_code AN 1-12
  05 description AN 1-80
  06 surface_layer_position_code ID 2
  07 source_subqualifier AN 1-15
  08 yes_no_condition_or_response_code ID 1
  09 language_code ID 2-3
  = C0403 R0405 C0703 C0804 C0905
PO1 baseline_item_data
  01 assigned_identification AN 1-20
  02 quantity_ordered R 1-15
  03 unit_or_basis_for_measurement_code ID 2
  04 unit_price R 1-17
  05 basis_of_unit_price_code ID 2
  06/25 product_service_id_qualifier ID 2, product_service_id AN 1-48
  = C0302 C0504 P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425
POC line_item_change
  01 assigned_identification AN 1-20
  02! change_or_response_type_code ID 2
  03 quantity_ordered R 1-15
  04 quantity_left_to_receive R 1-9
  05 composite_unit_of_measure C001
  06 unit_price R 1-17
  07 basis_of_unit_price_code ID 2
  08/27 product_service_id_qualifier ID 2, product_service_id AN 1-48
  = P0305 C0706 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425 P2627
PO4 item_physical_details
  01 pack N0 1-6
  02 size R 1-8
  03 unit_or_basis_for_measurement_code ID 2
  04 packaging_code AN 3-5
  05 weight_qualifier ID 1-2
  06 gross_weight_per_pack R 1-9
  07 unit_or_basis_for_measurement_code ID 2
  08 gross_volume_per_pack R 1-9
  09 unit_or_basis_for_measurement_code ID 2
  10 length R 1-8
  11 width R 1-8
  12 height R 1-8
  13 unit_or_basis_for_measurement_code ID 2
  14 inner_pack N0 1-6
  15 surface_layer_position_code ID 2
  16 assigned_identification AN 1-20
  17 assigned_identification AN 1-20
  18 number N0 1-9
  = P0203 C0506 P0607 P0809 L13101112
QTY quantity
  01! quantity_qualifier ID 2
  02 quantity R 1-15
  03 composite_unit_of_measure C001
  04 free_form_message AN 1-30
  = R0204 E0204
REF reference_identification
  01! reference_identification_qualifier ID 2-3
  02 reference_identification AN 1-30
  03 description AN 1-80
  04 reference_identifier C040
  = R0203
SAC service_promotion_allowance_or_charge_information
  01! allowance_or_charge_indicator ID 1
  02 service_promotion_allowance_or_charge_code ID 4
  03 agency_qualifier_code ID 2
  04 agency_service_promotion_allowance_or_charge_code AN 1-10
  05 amount N2 1-15
  06 allowance_or_charge_percent_qualifier ID 1
  07 percent R 1-6
  08 rate R 1-9
  09 unit_or_basis_for_measurement_code ID 2
  10 quantity R 1-15
  11 quantity R 1-15
  12 allowance_or_charge_method_of_handling_code ID 2
  13 reference_identification AN 1-30
  14 option_number AN 1-20
  15 description AN 1-80
  16 language_code ID 2-3
  = R0203 P0304 P0607 P0910 C1110 L130214 C1413 C1615
SCH line_item_schedule
  01! quantity R 1-15
  02! unit_or_basis_for_measurement_code ID 2
  03 entity_identifier_code ID 2-3
  04 name AN 1-60
  05! date_time_qualifier ID 3
  06! date DT 8
  07 time TM 4-8
  08 date_time_qualifier ID 3
  09 date DT 8
  10 time TM 4-8
  11 request_reference_number AN 1-45
  12 assigned_identification AN 1-20
  = C0304 L080910 C0908 C1008
SDQ destination_quantity
  01! unit_or_basis_for_measurement_code ID 2
  02 identification_code_qualifier ID 1-2
  03! identification_code AN 2-80
  04! quantity R 1-15
  05/22 identification_code AN 2-80, quantity R 1-15
  23 location_identifier AN 1-30
  = P0506 P0708 P0910 P1112 P1314 P1516 P1718 P1920 P2122
TD1 carrier_details_quantity_and_weight
  01 packaging_code AN 3-5
  02 lading_quantity N0 1-7
  03 commodity_code_qualifier ID 1
  04 commodity_code AN 1-30
  05 lading_description AN 1-50
  06 weight_qualifier ID 1-2
  07 weight R 1-10
  08 unit_or_basis_for_measurement_code ID 2
  09 volume R 1-8
  10 unit_or_basis_for_measurement_code ID 2
  = C0102 C0304 C0607 P0708 P0910
TD5 carrier_details_routing_sequence_transit_time
  01 routing_sequence_code ID 1-2
  02 identification_code_qualifier ID 1-2
  03 identification_code AN 2-80
  04 transportation_method_type_code ID 1-2
  05 routing AN 1-35
  06 shipment_order_status_code ID 2
  07 location_qualifier ID 1-2
  08 location_identifier AN 1-30
  09 transit_direction_code ID 2
  10 transit_time_direction_qualifier ID 2
  11 transit_time R 1-4
  12 service_level_code ID 2
  13 service_level_code ID 2
  14 service_level_code ID 2
  15 country_code ID 2-3
  = R0204050612 C0203 C0708 C1011 C1312 C1413 C1512
TDS total_monetary_value_summary
  01! amount N2 1-15
  02/04 amount N2 1-15
TXI tax_information
  01! tax_type_code ID 2
  02 monetary_amount R 1-18
  03 percent R 1-10
  04 tax_jurisdiction_code_qualifier ID 2
  05 tax_jurisdiction_code AN 1-10
  06 tax_exempt_code ID 1
  07 relationship_code ID 1
  08 dollar_basis_for_percent R 1-9
  09 tax_identification_number AN 1-20
  10 assigned_identification AN 1-20
  = R020306 P0405 C0803
"""
"""The segments of 004010."""

RELEASE_005010 = """
C040 reference_identifier
  02! reference_identification AN 1-50
  03/06 reference_identification_qualifier ID 2-3, reference_identification AN 1-50
AMT monetary_amount_information
BAK beginning_segment_for_purchase_order_acknowledgment
  08 reference_identification AN 1-50
BCH beginning_segment_for_purchase_order_change
  09 reference_identification AN 1-50
BIG beginning_segment_for_invoice
  11 hierarchical_structure_code ID 4
CAD carrier_details
  03 equipment_number AN 1-15
  08 reference_identification AN 1-50
IT1 baseline_item_data_invoice
  02 quantity_invoiced R 1-15
CSH sales_requirements
  09 percentage_as_decimal R 1-10
N1 party_identification
N3 party_location
N4 geographic_location
  07 country_subdivision_code ID 1-3
  = E0207 C0605 C0704
N9 extended_reference_information
  02 reference_identification AN 1-50
PER administrative_communications_contact
  03/08 communication_number_qualifier ID 2, communication_number AN 1-256
PO1 baseline_item_data
  02 quantity R 1-15
POC line_item_change
  03 quantity R 1-15
QTY quantity_information
  04 free_form_information AN 1-30
REF reference_information
  02 reference_identification AN 1-50
SAC service_promotion_allowance_or_charge_information
  13 reference_identification AN 1-50
TXI tax_information
  03 percentage_as_decimal R 1-10
"""
"""What 005010 says otherwise."""
