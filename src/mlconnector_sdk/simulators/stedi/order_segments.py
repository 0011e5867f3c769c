"""The segments of orders, their changes and the answers to both, and those that all sets have in common.

The notation is explained in `segments`.
"""

from __future__ import annotations

__all__ = ["TABLE"]

_PAIRS = "P0607 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425"

TABLE = f"""
ST transaction_set_header
01! transaction_set_identifier_code ID 3
02! transaction_set_control_number N0 4-9

SE transaction_set_trailer
01! number_of_included_segments N0 1-10
02! transaction_set_control_number AN 4-9

BEG beginning_segment_for_purchase_order
01! transaction_set_purpose_code ID 2 353
02! purchase_order_type_code ID 2 92
03! purchase_order_number AN 1-22
04  release_number AN 1-30
05! date DT 8
06  contract_number AN 1-30
07  acknowledgment_type ID 2
08  invoice_type_code ID 3
09  contract_type_code ID 2
10  purchase_category ID 2
11  security_level_code ID 2
12  transaction_type_code ID 2

BAK beginning_segment_for_purchase_order_acknowledgment
01! transaction_set_purpose_code ID 2 353
02! acknowledgment_type ID 2 587
03! purchase_order_number AN 1-22
04! date DT 8
05  release_number AN 1-30
06  request_reference_number AN 1-45
07  contract_number AN 1-30
08  reference_identification AN 1-30|1-50
09  date DT 8
10  transaction_type_code ID 2

BCH beginning_segment_for_purchase_order_change
01! transaction_set_purpose_code ID 2 353
02! purchase_order_type_code ID 2 92
03! purchase_order_number AN 1-22
04  release_number AN 1-30
05  change_order_sequence_number AN 1-8
06! date DT 8
07  request_reference_number AN 1-45
08  contract_number AN 1-30
09  reference_identification AN 1-30|1-50
10  date DT 8
11  date DT 8
12  contract_type_code ID 2
13  security_level_code ID 2
14  acknowledgment_type ID 2 587
15  transaction_type_code ID 2
16  purchase_category ID 2

BCA beginning_segment_for_purchase_order_change_acknowledgment
01! transaction_set_purpose_code ID 2 353
02  acknowledgment_type ID 2 587
03! purchase_order_number AN 1-22
04  release_number AN 1-30
05  change_order_sequence_number AN 1-8
06! date DT 8
07  request_reference_number AN 1-45
08  contract_number AN 1-30
09  reference_identification AN 1-30|1-50
10  date DT 8
11  date DT 8
12  date DT 8

CUR currency
01! entity_identifier_code ID 2-3 98
02! currency_code ID 3
03  exchange_rate R 4-10

REF reference_identification|reference_information
01! reference_identification_qualifier ID 2-3
02  reference_identification AN 1-30|1-50
03  description AN 1-80
notes R0203

PER administrative_communications_contact
01! contact_function_code ID 2
02  name AN 1-60
03..07 communication_number_qualifier ID 2
04..08 communication_number AN 1-80|1-256
09  contact_inquiry_reference AN 1-20
notes P0304 P0506 P0708

FOB fob_related_instructions
01! shipment_method_of_payment ID 2
02  location_qualifier ID 1-2
03  description AN 1-80
04  transportation_terms_qualifier_code ID 2
05  transportation_terms_code ID 3
06  location_qualifier ID 1-2
07  description AN 1-80
08  risk_of_loss_code ID 2
09  description AN 1-80
notes C0302 C0405 C0706 C0809

CSH sales_requirements
01  sales_requirement_code ID 1-2
02  action_code ID 1-2
03  amount N2 1-15
04  account_number AN 1-35
05  date DT 8

SAC service_promotion_allowance_or_charge_information
01! allowance_or_charge_indicator ID 1
02  service_promotion_allowance_or_charge_code ID 4
03  agency_qualifier_code ID 2
04  agency_service_promotion_allowance_or_charge_code AN 1-10
05  amount N2 1-15
06  allowance_or_charge_percent_qualifier ID 1
07  percent R 1-6
08  rate R 1-9
09  unit_or_basis_for_measurement_code ID 2
10  quantity R 1-15
11  quantity R 1-15
12  allowance_or_charge_method_of_handling_code ID 2
13  reference_identification AN 1-30|1-50
14  option_number AN 1-20
15  description AN 1-80
16  language_code ID 2-3
notes R0203 P0304 P0607 P0910

ITD terms_of_sale_deferred_terms_of_sale
01  terms_type_code ID 2
02  terms_basis_date_code ID 1-2
03  terms_discount_percent R 1-6
04  terms_discount_due_date DT 8
05  terms_discount_days_due N0 1-3
06  terms_net_due_date DT 8
07  terms_net_days N0 1-3
08  terms_discount_amount N2 1-10
09  terms_deferred_due_date DT 8
10  deferred_amount_due N2 1-10
11  percent_of_invoice_payable R 1-5
12  description AN 1-80
13  day_of_month N0 1-2

DTM date_time_reference
01! date_time_qualifier ID 3 374
02  date DT 8
03  time TM 4-8
04  time_code ID 2
05  date_time_period_format_qualifier ID 2-3
06  date_time_period AN 1-35
notes R020305 C0403 P0506

PID product_item_description
01! item_description_type ID 1
02  product_process_characteristic_code ID 2-3
03  agency_qualifier_code ID 2
04  product_description_code AN 1-12
05  description AN 1-80
notes C0403 R0405

TD5 carrier_details_routing_sequence_transit_time
01  routing_sequence_code ID 1-2
02  identification_code_qualifier ID 1-2 66
03  identification_code AN 2-80
04  transportation_method_type_code ID 1-2
05  routing AN 1-35
06  shipment_order_status_code ID 2
notes R0204050612 C0203

N9 reference_identification|extended_reference_information
01! reference_identification_qualifier ID 2-3
02  reference_identification AN 1-30|1-50
03  free_form_description AN 1-45
04  date DT 8
05  time TM 4-8
notes R0203

MSG message_text
01! free_form_message_text AN 1-264

N1 name|party_identification
01! entity_identifier_code ID 2-3 98
02  name AN 1-60
03  identification_code_qualifier ID 1-2 66
04  identification_code AN 2-80
notes R0203 P0304

N2 additional_name_information
01! name AN 1-60
02  name AN 1-60

N3 address_information|party_location
01! address_information AN 1-55
02  address_information AN 1-55

N4 geographic_location
01  city_name AN 2-30
02  state_or_province_code ID 2
03  postal_code ID 3-15
04  country_code ID 2-3
05  location_qualifier ID 1-2
06  location_identifier AN 1-30
notes C0605

PO1 baseline_item_data
01  assigned_identification AN 1-20
02  quantity_ordered|quantity R 1-15
03  unit_or_basis_for_measurement_code ID 2
04  unit_price R 1-17
05  basis_of_unit_price_code ID 2
06..24 product_service_id_qualifier ID 2 235
07..25 product_service_id AN 1-48
notes C0302 C0504 {_PAIRS}

POC line_item_change
01  assigned_identification AN 1-20
02! change_or_response_type_code ID 2 670
03  quantity_ordered|quantity R 1-15
04  quantity_left_to_receive R 1-9
05  composite_unit_of_measure C001 0
06  unit_price R 1-17
07  basis_of_unit_price_code ID 2
08..26 product_service_id_qualifier ID 2 235
09..27 product_service_id AN 1-48
notes P0305 C0706 P0809 P1011 P1213 P1415 P1617 P1819 P2021 P2223 P2425 P2627

CTP pricing_information
01  class_of_trade_code ID 2
02  price_identifier_code ID 3
03  unit_price R 1-17
04  quantity R 1-15
05  composite_unit_of_measure C001 0
06  price_multiplier_qualifier ID 3
07  multiplier R 1-10
08  monetary_amount R 1-18
09  basis_of_unit_price_code ID 2

PO4 item_physical_details
01  pack N0 1-6
02  size R 1-8
03  unit_or_basis_for_measurement_code ID 2
04  packaging_code AN 3-5
05  weight_qualifier ID 1-2
06  gross_weight_per_pack R 1-9
07  unit_or_basis_for_measurement_code ID 2
08  gross_volume_per_pack R 1-9
09  unit_or_basis_for_measurement_code ID 2
10  length R 1-8
11  width R 1-8
12  height R 1-8
13  unit_or_basis_for_measurement_code ID 2
14  inner_pack N0 1-6

SDQ destination_quantity
01! unit_or_basis_for_measurement_code ID 2
02  identification_code_qualifier ID 1-2 66
03..21 identification_code AN 2-80
04..22 quantity R 1-15

SCH line_item_schedule
01! quantity R 1-15
02! unit_or_basis_for_measurement_code ID 2
03  entity_identifier_code ID 2-3 98
04  name AN 1-60
05! date_time_qualifier ID 3 374
06! date DT 8
07  time TM 4-8
08  date_time_qualifier ID 3 374
09  date DT 8
10  time TM 4-8
11  request_reference_number AN 1-45
12  assigned_identification AN 1-20
notes C0403 C0908 C1008

SLN subline_item_detail
01! assigned_identification AN 1-20
02  assigned_identification AN 1-20
03! relationship_code ID 1
04  quantity R 1-15
05  composite_unit_of_measure C001 0
06  unit_price R 1-17
07  basis_of_unit_price_code ID 2
08  relationship_code ID 1
09..27 product_service_id_qualifier ID 2 235
10..28 product_service_id AN 1-48
notes P0405 C0706 P0910 P1112 P1314 P1516 P1718 P1920 P2122 P2324 P2526 P2728

ACK line_item_acknowledgment
01! line_item_status_code ID 2 668
02  quantity R 1-15
03  unit_or_basis_for_measurement_code ID 2
04  date_time_qualifier ID 3 374
05  date DT 8
06  request_reference_number AN 1-45
07..25 product_service_id_qualifier ID 2 235
08..26 product_service_id AN 1-48
27  agency_qualifier_code ID 2
28  source_subqualifier AN 1-15
29  industry_code AN 1-30
notes P0203 C0405 P0708 P0910 P1112 P1314 P1516 P1718 P1920 P2122 P2324 P2526

CTT transaction_totals
01! number_of_line_items N0 1-6
02  hash_total R 1-10
03  weight R 1-10
04  unit_or_basis_for_measurement_code ID 2
05  volume R 1-8
06  unit_or_basis_for_measurement_code ID 2
07  description AN 1-80
notes P0304 P0506

AMT monetary_amount|monetary_amount_information
01! amount_qualifier_code ID 1-3
02! monetary_amount R 1-18
03  credit_debit_flag_code ID 1
"""
