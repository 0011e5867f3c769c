"""The segments of a functional acknowledgment. The notation is explained in `segments`."""

from __future__ import annotations

__all__ = ["TABLE"]

TABLE = """
AK1 functional_group_response_header
01! functional_identifier_code ID 2
02! group_control_number N0 1-9

AK2 transaction_set_response_header
01! transaction_set_identifier_code ID 3
02! transaction_set_control_number AN 4-9

AK3 data_segment_note
01! segment_id_code ID 2-3
02! segment_position_in_transaction_set N0 1-6|1-10
03  loop_identifier_code AN 1-4|1-6
04  segment_syntax_error_code ID 1-3 720

AK4 data_element_note
01! position_in_segment C030 0
02  data_element_reference_number N0 1-4
03! data_element_syntax_error_code ID 1-3 723
04  copy_of_bad_data_element AN 1-99

AK5 transaction_set_response_trailer
01! transaction_set_acknowledgment_code ID 1 717
02  transaction_set_syntax_error_code ID 1-3 718
03  transaction_set_syntax_error_code ID 1-3 718
04  transaction_set_syntax_error_code ID 1-3 718
05  transaction_set_syntax_error_code ID 1-3 718
06  transaction_set_syntax_error_code ID 1-3 718

AK9 functional_group_response_trailer
01! functional_group_acknowledge_code ID 1 715
02! number_of_transaction_sets_included N0 1-6
03! number_of_received_transaction_sets N0 1-6
04! number_of_accepted_transaction_sets N0 1-6
05  functional_group_syntax_error_code ID 1-3 716
06  functional_group_syntax_error_code ID 1-3 716
07  functional_group_syntax_error_code ID 1-3 716
08  functional_group_syntax_error_code ID 1-3 716
09  functional_group_syntax_error_code ID 1-3 716
"""
