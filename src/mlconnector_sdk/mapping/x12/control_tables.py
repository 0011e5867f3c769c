"""The segments around and about transaction sets, as data: envelopes, and what a 997 says of them.

The notation is that of `segment_tables`.
"""

from __future__ import annotations

__all__ = ["CONTROL_004010", "CONTROL_005010"]

CONTROL_004010 = """
ISA interchange_control_header
  01! authorization_information_qualifier ID 2
  02! authorization_information AN 10
  03! security_information_qualifier ID 2
  04! security_information AN 10
  05! interchange_id_qualifier ID 2
  06! interchange_sender_id AN 15
  07! interchange_id_qualifier ID 2
  08! interchange_receiver_id AN 15
  09! interchange_date DT 6
  10! interchange_time TM 4
  11! interchange_control_standards_identifier AN 1
  12! interchange_control_version_number ID 5
  13! interchange_control_number N0 9
  14! acknowledgment_requested ID 1
  15! usage_indicator ID 1
  16! component_element_separator AN 1
GS functional_group_header
  01! functional_identifier_code ID 2
  02! application_senders_code AN 2-15
  03! application_receivers_code AN 2-15
  04! date DT 8
  05! time TM 4-8
  06! group_control_number N0 1-9
  07! responsible_agency_code ID 1-2
  08! version_release_industry_identifier_code AN 1-12
ST transaction_set_header
  01! transaction_set_identifier_code ID 3
  02! transaction_set_control_number AN 4-9
SE transaction_set_trailer
  01! number_of_included_segments N0 1-10
  02! transaction_set_control_number AN 4-9
GE functional_group_trailer
  01! number_of_transaction_sets_included N0 1-6
  02! group_control_number N0 1-9
IEA interchange_control_trailer
  01! number_of_included_functional_groups N0 1-5
  02! interchange_control_number N0 9
C030 position_in_segment
  01! element_position_in_segment N0 1-2
  02 component_data_element_position_in_composite N0 1-2
AK1 functional_group_response_header
  01! functional_identifier_code ID 2
  02! group_control_number N0 1-9
AK2 transaction_set_response_header
  01! transaction_set_identifier_code ID 3
  02! transaction_set_control_number AN 4-9
AK3 data_segment_note
  01! segment_id_code ID 2-3
  02! segment_position_in_transaction_set N0 1-6
  03 loop_identifier_code AN 1-6
  04 segment_syntax_error_code ID 1-3
AK4 data_element_note
  01! position_in_segment C030
  02 data_element_reference_number N0 1-4
  03! data_element_syntax_error_code ID 1-3
  04 copy_of_bad_data_element AN 1-99
AK5 transaction_set_response_trailer
  01! transaction_set_acknowledgment_code ID 1
  02/06 transaction_set_syntax_error_code ID 1-3
AK9 functional_group_response_trailer
  01! functional_group_acknowledge_code ID 1
  02! number_of_transaction_sets_included N0 1-6
  03! number_of_received_transaction_sets N0 1-6
  04! number_of_accepted_transaction_sets N0 1-6
  05/09 functional_group_syntax_error_code ID 1-3
"""
"""The segments of 004010."""

CONTROL_005010 = """
ISA interchange_control_header
  11! repetition_separator AN 1
ST transaction_set_header
  03 implementation_convention_reference AN 1-35
C030 position_in_segment
  03 repeating_data_element_position N0 1-4
AK1 functional_group_response_header
  03 version_release_industry_identifier_code AN 1-12
AK2 transaction_set_response_header
  03 implementation_convention_reference AN 1-35
AK3 data_segment_note
  02! segment_position_in_transaction_set N0 1-10
  03 loop_identifier_code AN 1-4
"""
"""What 005010 says otherwise."""
