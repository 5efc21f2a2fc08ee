"""The schema of TensorFlow Lite files: enums, unions, and the fields of every table.

Generated from ai-edge-litert 2.3.0 by `python tools/generate_schema.py`: do not edit.
"""

# fmt: off
# ruff: noqa
from enum import IntEnum
from typing import NamedTuple

SCHEMA_SOURCE = "ai-edge-litert 2.3.0"


class Field(NamedTuple):
    """One field of a table.

    `slot` counts the entries of the vtable from 0. `kind` is bool, int8 ... uint64, float32,
    string, table, union, or one of these in brackets: a vector. `default` is what an absent field
    means.
    """

    name: str
    slot: int
    kind: str
    default: bool | int | float | tuple[()] | None
    enum: type[IntEnum] | None


class TensorType(IntEnum):
    """`TensorType` of the schema."""

    FLOAT32 = 0
    FLOAT16 = 1
    INT32 = 2
    UINT8 = 3
    INT64 = 4
    STRING = 5
    BOOL = 6
    INT16 = 7
    COMPLEX64 = 8
    INT8 = 9
    FLOAT64 = 10
    COMPLEX128 = 11
    UINT64 = 12
    RESOURCE = 13
    VARIANT = 14
    UINT32 = 15
    UINT16 = 16
    INT4 = 17
    BFLOAT16 = 18
    INT2 = 19
    UINT4 = 20
    FLOAT8_E4M3FN = 21
    FLOAT8_E5M2 = 22


class DimensionType(IntEnum):
    """`DimensionType` of the schema."""

    DENSE = 0
    SPARSE_CSR = 1


class StablehloPrecisionConfig(IntEnum):
    """`StablehloPrecisionConfig` of the schema."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2


class StablehloComparisonDirection(IntEnum):
    """`StablehloComparisonDirection` of the schema."""

    STABLEHLO_COMPARISON_DIRECTION_EQ = 0
    STABLEHLO_COMPARISON_DIRECTION_NE = 1
    STABLEHLO_COMPARISON_DIRECTION_GE = 2
    STABLEHLO_COMPARISON_DIRECTION_GT = 3
    STABLEHLO_COMPARISON_DIRECTION_LE = 4
    STABLEHLO_COMPARISON_DIRECTION_LT = 5


class StablehloComparisonType(IntEnum):
    """`StablehloComparisonType` of the schema."""

    STABLEHLO_COMPARISON_TYPE_NOTYPE = 0
    STABLEHLO_COMPARISON_TYPE_FLOAT = 1
    STABLEHLO_COMPARISON_TYPE_FLOAT_TOTAL_ORDER = 2
    STABLEHLO_COMPARISON_TYPE_SIGNED = 3
    STABLEHLO_COMPARISON_TYPE_UNSIGNED = 4


class RngAlgorithm(IntEnum):
    """`RngAlgorithm` of the schema."""

    DEFAULT = 0
    PHILOX = 1
    THREEFRY = 2


class Padding(IntEnum):
    """`Padding` of the schema."""

    SAME = 0
    VALID = 1


class ActivationFunctionType(IntEnum):
    """`ActivationFunctionType` of the schema."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3
    TANH = 4
    SIGN_BIT = 5


class LSHProjectionType(IntEnum):
    """`LSHProjectionType` of the schema."""

    UNKNOWN = 0
    SPARSE = 1
    DENSE = 2


class FullyConnectedOptionsWeightsFormat(IntEnum):
    """`FullyConnectedOptionsWeightsFormat` of the schema."""

    DEFAULT = 0
    SHUFFLED4x16INT8 = 1


class LSTMKernelType(IntEnum):
    """`LSTMKernelType` of the schema."""

    FULL = 0
    BASIC = 1


class CombinerType(IntEnum):
    """`CombinerType` of the schema."""

    SUM = 0
    MEAN = 1
    SQRTN = 2


class MirrorPadMode(IntEnum):
    """`MirrorPadMode` of the schema."""

    REFLECT = 0
    SYMMETRIC = 1


class ReduceWindowFunction(IntEnum):
    """`ReduceWindowFunction` of the schema."""

    UNSUPPORTED = 0
    ADD = 1
    MUL = 2
    MINIMUM = 3
    MAXIMUM = 4
    ALL = 5
    ANY = 6


class CustomOptionsFormat(IntEnum):
    """`CustomOptionsFormat` of the schema."""

    FLEXBUFFERS = 0


# The place in the tuple is the operator code.
BUILTIN_OPERATORS: tuple[str, ...] = tuple("""
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
    EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
    LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
    RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM
    CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND
    SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
    BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM
    CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE
    SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW
    ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK
    REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
    LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS
    WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM
    BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG
    REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL
    CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL
    BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD
    UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR
    RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY
    STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE
    STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL
    STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL
    STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER
    STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH
    STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE
    STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL
    STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE
    DILATE STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT
    STABLEHLO_CBRT STABLEHLO_CASE
""".split())

# The place in the tuple is the type byte of the union.
BUILTIN_OPTIONS: tuple[str, ...] = tuple("""
    NONE Conv2DOptions DepthwiseConv2DOptions ConcatEmbeddingsOptions LSHProjectionOptions
    Pool2DOptions SVDFOptions RNNOptions FullyConnectedOptions SoftmaxOptions ConcatenationOptions
    AddOptions L2NormOptions LocalResponseNormalizationOptions LSTMOptions ResizeBilinearOptions
    CallOptions ReshapeOptions SkipGramOptions SpaceToDepthOptions EmbeddingLookupSparseOptions
    MulOptions PadOptions GatherOptions BatchToSpaceNDOptions SpaceToBatchNDOptions TransposeOptions
    ReducerOptions SubOptions DivOptions SqueezeOptions SequenceRNNOptions StridedSliceOptions
    ExpOptions TopKV2Options SplitOptions LogSoftmaxOptions CastOptions DequantizeOptions
    MaximumMinimumOptions ArgMaxOptions LessOptions NegOptions PadV2Options GreaterOptions
    GreaterEqualOptions LessEqualOptions SelectOptions SliceOptions TransposeConvOptions
    SparseToDenseOptions TileOptions ExpandDimsOptions EqualOptions NotEqualOptions ShapeOptions
    PowOptions ArgMinOptions FakeQuantOptions PackOptions LogicalOrOptions OneHotOptions
    LogicalAndOptions LogicalNotOptions UnpackOptions FloorDivOptions SquareOptions ZerosLikeOptions
    FillOptions BidirectionalSequenceLSTMOptions BidirectionalSequenceRNNOptions
    UnidirectionalSequenceLSTMOptions FloorModOptions RangeOptions ResizeNearestNeighborOptions
    LeakyReluOptions SquaredDifferenceOptions MirrorPadOptions AbsOptions SplitVOptions
    UniqueOptions ReverseV2Options AddNOptions GatherNdOptions CosOptions WhereOptions RankOptions
    ReverseSequenceOptions MatrixDiagOptions QuantizeOptions MatrixSetDiagOptions HardSwishOptions
    IfOptions WhileOptions DepthToSpaceOptions NonMaxSuppressionV4Options NonMaxSuppressionV5Options
    ScatterNdOptions SelectV2Options DensifyOptions SegmentSumOptions BatchMatMulOptions
    CumsumOptions CallOnceOptions BroadcastToOptions Rfft2dOptions Conv3DOptions HashtableOptions
    HashtableFindOptions HashtableImportOptions HashtableSizeOptions VarHandleOptions
    ReadVariableOptions AssignVariableOptions RandomOptions BucketizeOptions GeluOptions
    DynamicUpdateSliceOptions UnsortedSegmentProdOptions UnsortedSegmentMaxOptions
    UnsortedSegmentMinOptions UnsortedSegmentSumOptions ATan2Options SignOptions BitcastOptions
    BitwiseXorOptions RightShiftOptions
""".split())

BUILTIN_OPTIONS_2: tuple[str, ...] = tuple("""
    NONE StablehloConcatenateOptions StablehloBroadcastInDimOptions StablehloSliceOptions
    StablehloConvolutionOptions StablehloCustomCallOptions StablehloReduceOptions
    StablehloScatterOptions StablehloCompareOptions StablehloDynamicSliceOptions StablehloPadOptions
    StablehloIotaOptions StablehloDotGeneralOptions StablehloReduceWindowOptions
    StablehloSortOptions StablehloWhileOptions StablehloGatherOptions StablehloTransposeOptions
    DilateOptions StablehloRngBitGeneratorOptions ReduceWindowOptions StableHLOCompositeOptions
    StablehloShiftLeftOptions StablehloCaseOptions
""".split())

QUANTIZATION_DETAILS: tuple[str, ...] = tuple("""
    NONE CustomQuantization BlockwiseQuantization MultiAxisQuantization
""".split())

SPARSE_INDEX_VECTOR: tuple[str, ...] = tuple("""
    NONE Int32Vector Uint16Vector Uint8Vector
""".split())

# The tables of the graph itself.
STRUCTURE: dict[str, tuple[Field, ...]] = {
    "Model": (
        Field("version", 0, "uint32", 0, None),
        Field("operator_codes", 1, "[table]", (), None),
        Field("subgraphs", 2, "[table]", (), None),
        Field("description", 3, "string", None, None),
        Field("buffers", 4, "[table]", (), None),
        Field("metadata_buffer", 5, "[int32]", (), None),
        Field("metadata", 6, "[table]", (), None),
        Field("signature_defs", 7, "[table]", (), None),
        Field("external_buffer_groups", 8, "[table]", (), None),
        Field("external_buffers", 9, "[table]", (), None),
    ),
    "OperatorCode": (
        Field("deprecated_builtin_code", 0, "int8", 0, None),
        Field("custom_code", 1, "string", None, None),
        Field("version", 2, "int32", 1, None),
        Field("builtin_code", 3, "int32", 0, None),
    ),
    "SubGraph": (
        Field("tensors", 0, "[table]", (), None),
        Field("inputs", 1, "[int32]", (), None),
        Field("outputs", 2, "[int32]", (), None),
        Field("operators", 3, "[table]", (), None),
        Field("name", 4, "string", None, None),
        Field("debug_metadata_index", 5, "int32", -1, None),
    ),
    "Tensor": (
        Field("shape", 0, "[int32]", (), None),
        Field("type", 1, "int8", 0, TensorType),
        Field("buffer", 2, "uint32", 0, None),
        Field("name", 3, "string", None, None),
        Field("quantization", 4, "table", None, None),
        Field("is_variable", 5, "bool", False, None),
        Field("sparsity", 6, "table", None, None),
        Field("shape_signature", 7, "[int32]", (), None),
        Field("has_rank", 8, "bool", False, None),
        Field("variant_tensors", 9, "[table]", (), None),
        Field("external_buffer", 10, "uint32", 0, None),
    ),
    "QuantizationParameters": (
        Field("min", 0, "[float32]", (), None),
        Field("max", 1, "[float32]", (), None),
        Field("scale", 2, "[float32]", (), None),
        Field("zero_point", 3, "[int64]", (), None),
        Field("details_type", 4, "uint8", 0, None),
        Field("details", 5, "union", None, None),
        Field("quantized_dimension", 6, "int32", 0, None),
    ),
    "BlockwiseQuantization": (
        Field("scales", 0, "int32", 0, None),
        Field("zero_points", 1, "int32", 0, None),
        Field("block_size", 2, "int32", 0, None),
        Field("block_shape", 3, "[int32]", (), None),
    ),
    "MultiAxisQuantization": (
        Field("scales", 0, "int32", 0, None),
        Field("zero_points", 1, "int32", 0, None),
        Field("block_size", 2, "int32", 0, None),
        Field("quantized_dimensions", 3, "[int32]", (), None),
    ),
    "SparsityParameters": (
        Field("traversal_order", 0, "[int32]", (), None),
        Field("block_map", 1, "[int32]", (), None),
        Field("dim_metadata", 2, "[table]", (), None),
    ),
    "DimensionMetadata": (
        Field("format", 0, "int8", 0, DimensionType),
        Field("dense_size", 1, "int32", 0, None),
        Field("array_segments_type", 2, "uint8", 0, None),
        Field("array_segments", 3, "union", None, None),
        Field("array_indices_type", 4, "uint8", 0, None),
        Field("array_indices", 5, "union", None, None),
    ),
    "Int32Vector": (
        Field("values", 0, "[int32]", (), None),
    ),
    "Uint16Vector": (
        Field("values", 0, "[uint16]", (), None),
    ),
    "Uint8Vector": (
        Field("values", 0, "[uint8]", (), None),
    ),
    "Operator": (
        Field("opcode_index", 0, "uint32", 0, None),
        Field("inputs", 1, "[int32]", (), None),
        Field("outputs", 2, "[int32]", (), None),
        Field("builtin_options_type", 3, "uint8", 0, None),
        Field("builtin_options", 4, "union", None, None),
        Field("custom_options", 5, "[uint8]", (), None),
        Field("custom_options_format", 6, "int8", 0, CustomOptionsFormat),
        Field("mutating_variable_inputs", 7, "[bool]", (), None),
        Field("intermediates", 8, "[int32]", (), None),
        Field("large_custom_options_offset", 9, "uint64", 0, None),
        Field("large_custom_options_size", 10, "uint64", 0, None),
        Field("builtin_options_2_type", 11, "uint8", 0, None),
        Field("builtin_options_2", 12, "union", None, None),
        Field("debug_metadata_index", 13, "int32", -1, None),
    ),
    "Buffer": (
        Field("data", 0, "[uint8]", (), None),
        Field("offset", 1, "uint64", 0, None),
        Field("size", 2, "uint64", 0, None),
    ),
    "ExternalBufferGroup": (
        Field("name", 0, "string", None, None),
    ),
    "ExternalBuffer": (
        Field("id", 0, "uint32", 0, None),
        Field("group", 1, "uint32", 0, None),
        Field("offset", 2, "uint64", 0, None),
        Field("length", 3, "uint64", 0, None),
        Field("packing", 4, "string", None, None),
    ),
    "Metadata": (
        Field("name", 0, "string", None, None),
        Field("buffer", 1, "uint32", 0, None),
    ),
    "TensorMap": (
        Field("name", 0, "string", None, None),
        Field("tensor_index", 1, "uint32", 0, None),
    ),
    "SignatureDef": (
        Field("inputs", 0, "[table]", (), None),
        Field("outputs", 1, "[table]", (), None),
        Field("signature_key", 2, "string", None, None),
        Field("subgraph_index", 4, "uint32", 0, None),
    ),
}

# The members of the two unions of operator options.
OPTIONS: dict[str, tuple[Field, ...]] = {
    **dict.fromkeys("""
        PadOptions BatchToSpaceNDOptions SpaceToBatchNDOptions TransposeOptions ExpOptions
        TopKV2Options LogSoftmaxOptions DequantizeOptions MaximumMinimumOptions LessOptions
        NegOptions PadV2Options GreaterOptions GreaterEqualOptions LessEqualOptions SelectOptions
        SliceOptions TileOptions ExpandDimsOptions EqualOptions NotEqualOptions PowOptions
        LogicalOrOptions LogicalAndOptions LogicalNotOptions FloorDivOptions SquareOptions
        ZerosLikeOptions FillOptions FloorModOptions RangeOptions SquaredDifferenceOptions
        AbsOptions ReverseV2Options AddNOptions GatherNdOptions CosOptions WhereOptions RankOptions
        MatrixDiagOptions QuantizeOptions MatrixSetDiagOptions HardSwishOptions
        NonMaxSuppressionV4Options NonMaxSuppressionV5Options ScatterNdOptions SelectV2Options
        DensifyOptions SegmentSumOptions BroadcastToOptions Rfft2dOptions HashtableFindOptions
        HashtableImportOptions HashtableSizeOptions ReadVariableOptions AssignVariableOptions
        DynamicUpdateSliceOptions UnsortedSegmentProdOptions UnsortedSegmentMaxOptions
        UnsortedSegmentMinOptions UnsortedSegmentSumOptions ATan2Options SignOptions BitcastOptions
        BitwiseXorOptions RightShiftOptions DilateOptions StablehloShiftLeftOptions
    """.split(), ()),
    "Conv2DOptions": (
        Field("padding", 0, "int8", 0, Padding),
        Field("stride_w", 1, "int32", 0, None),
        Field("stride_h", 2, "int32", 0, None),
        Field("fused_activation_function", 3, "int8", 0, ActivationFunctionType),
        Field("dilation_w_factor", 4, "int32", 1, None),
        Field("dilation_h_factor", 5, "int32", 1, None),
        Field("quantized_bias_type", 6, "int8", 0, TensorType),
    ),
    "DepthwiseConv2DOptions": (
        Field("padding", 0, "int8", 0, Padding),
        Field("stride_w", 1, "int32", 0, None),
        Field("stride_h", 2, "int32", 0, None),
        Field("depth_multiplier", 3, "int32", 0, None),
        Field("fused_activation_function", 4, "int8", 0, ActivationFunctionType),
        Field("dilation_w_factor", 5, "int32", 1, None),
        Field("dilation_h_factor", 6, "int32", 1, None),
    ),
    "ConcatEmbeddingsOptions": (
        Field("num_channels", 0, "int32", 0, None),
        Field("num_columns_per_channel", 1, "[int32]", (), None),
        Field("embedding_dim_per_channel", 2, "[int32]", (), None),
    ),
    "LSHProjectionOptions": (
        Field("type", 0, "int8", 0, LSHProjectionType),
    ),
    "Pool2DOptions": (
        Field("padding", 0, "int8", 0, Padding),
        Field("stride_w", 1, "int32", 0, None),
        Field("stride_h", 2, "int32", 0, None),
        Field("filter_width", 3, "int32", 0, None),
        Field("filter_height", 4, "int32", 0, None),
        Field("fused_activation_function", 5, "int8", 0, ActivationFunctionType),
    ),
    "SVDFOptions": (
        Field("rank", 0, "int32", 0, None),
        Field("fused_activation_function", 1, "int8", 0, ActivationFunctionType),
        Field("asymmetric_quantize_inputs", 2, "bool", False, None),
    ),
    "RNNOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("asymmetric_quantize_inputs", 1, "bool", False, None),
    ),
    "FullyConnectedOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("weights_format", 1, "int8", 0, FullyConnectedOptionsWeightsFormat),
        Field("keep_num_dims", 2, "bool", False, None),
        Field("asymmetric_quantize_inputs", 3, "bool", False, None),
        Field("quantized_bias_type", 4, "int8", 0, TensorType),
        Field("quant_spec", 5, "[uint8]", (), None),
    ),
    "SoftmaxOptions": (
        Field("beta", 0, "float32", 0.0, None),
    ),
    "ConcatenationOptions": (
        Field("axis", 0, "int32", 0, None),
        Field("fused_activation_function", 1, "int8", 0, ActivationFunctionType),
    ),
    "AddOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("pot_scale_int16", 1, "bool", True, None),
    ),
    "L2NormOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
    ),
    "LocalResponseNormalizationOptions": (
        Field("radius", 0, "int32", 0, None),
        Field("bias", 1, "float32", 0.0, None),
        Field("alpha", 2, "float32", 0.0, None),
        Field("beta", 3, "float32", 0.0, None),
    ),
    "LSTMOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("cell_clip", 1, "float32", 0.0, None),
        Field("proj_clip", 2, "float32", 0.0, None),
        Field("kernel_type", 3, "int8", 0, LSTMKernelType),
        Field("asymmetric_quantize_inputs", 4, "bool", False, None),
    ),
    "ResizeBilinearOptions": (
        Field("align_corners", 2, "bool", False, None),
        Field("half_pixel_centers", 3, "bool", False, None),
    ),
    "CallOptions": (
        Field("subgraph", 0, "uint32", 0, None),
    ),
    "ReshapeOptions": (
        Field("new_shape", 0, "[int32]", (), None),
    ),
    "SkipGramOptions": (
        Field("ngram_size", 0, "int32", 0, None),
        Field("max_skip_size", 1, "int32", 0, None),
        Field("include_all_ngrams", 2, "bool", False, None),
    ),
    "SpaceToDepthOptions": (
        Field("block_size", 0, "int32", 0, None),
    ),
    "EmbeddingLookupSparseOptions": (
        Field("combiner", 0, "int8", 0, CombinerType),
    ),
    "MulOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
    ),
    "GatherOptions": (
        Field("axis", 0, "int32", 0, None),
        Field("batch_dims", 1, "int32", 0, None),
    ),
    "ReducerOptions": (
        Field("keep_dims", 0, "bool", False, None),
    ),
    "SubOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("pot_scale_int16", 1, "bool", True, None),
    ),
    "DivOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
    ),
    "SqueezeOptions": (
        Field("squeeze_dims", 0, "[int32]", (), None),
    ),
    "SequenceRNNOptions": (
        Field("time_major", 0, "bool", False, None),
        Field("fused_activation_function", 1, "int8", 0, ActivationFunctionType),
        Field("asymmetric_quantize_inputs", 2, "bool", False, None),
    ),
    "StridedSliceOptions": (
        Field("begin_mask", 0, "int32", 0, None),
        Field("end_mask", 1, "int32", 0, None),
        Field("ellipsis_mask", 2, "int32", 0, None),
        Field("new_axis_mask", 3, "int32", 0, None),
        Field("shrink_axis_mask", 4, "int32", 0, None),
        Field("offset", 5, "bool", False, None),
    ),
    "SplitOptions": (
        Field("num_splits", 0, "int32", 0, None),
    ),
    "CastOptions": (
        Field("in_data_type", 0, "int8", 0, TensorType),
        Field("out_data_type", 1, "int8", 0, TensorType),
    ),
    "ArgMaxOptions": (
        Field("output_type", 0, "int8", 0, TensorType),
    ),
    "TransposeConvOptions": (
        Field("padding", 0, "int8", 0, Padding),
        Field("stride_w", 1, "int32", 0, None),
        Field("stride_h", 2, "int32", 0, None),
        Field("fused_activation_function", 3, "int8", 0, ActivationFunctionType),
        Field("quantized_bias_type", 4, "int8", 0, TensorType),
    ),
    "SparseToDenseOptions": (
        Field("validate_indices", 0, "bool", False, None),
    ),
    "ShapeOptions": (
        Field("out_type", 0, "int8", 0, TensorType),
    ),
    "ArgMinOptions": (
        Field("output_type", 0, "int8", 0, TensorType),
    ),
    "FakeQuantOptions": (
        Field("min", 0, "float32", 0.0, None),
        Field("max", 1, "float32", 0.0, None),
        Field("num_bits", 2, "int32", 0, None),
        Field("narrow_range", 3, "bool", False, None),
    ),
    "PackOptions": (
        Field("values_count", 0, "int32", 0, None),
        Field("axis", 1, "int32", 0, None),
    ),
    "OneHotOptions": (
        Field("axis", 0, "int32", 0, None),
    ),
    "UnpackOptions": (
        Field("num", 0, "int32", 0, None),
        Field("axis", 1, "int32", 0, None),
    ),
    "BidirectionalSequenceLSTMOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("cell_clip", 1, "float32", 0.0, None),
        Field("proj_clip", 2, "float32", 0.0, None),
        Field("merge_outputs", 3, "bool", False, None),
        Field("time_major", 4, "bool", True, None),
        Field("asymmetric_quantize_inputs", 5, "bool", False, None),
    ),
    "BidirectionalSequenceRNNOptions": (
        Field("time_major", 0, "bool", False, None),
        Field("fused_activation_function", 1, "int8", 0, ActivationFunctionType),
        Field("merge_outputs", 2, "bool", False, None),
        Field("asymmetric_quantize_inputs", 3, "bool", False, None),
    ),
    "UnidirectionalSequenceLSTMOptions": (
        Field("fused_activation_function", 0, "int8", 0, ActivationFunctionType),
        Field("cell_clip", 1, "float32", 0.0, None),
        Field("proj_clip", 2, "float32", 0.0, None),
        Field("time_major", 3, "bool", False, None),
        Field("asymmetric_quantize_inputs", 4, "bool", False, None),
        Field("diagonal_recurrent_tensors", 5, "bool", False, None),
    ),
    "ResizeNearestNeighborOptions": (
        Field("align_corners", 0, "bool", False, None),
        Field("half_pixel_centers", 1, "bool", False, None),
    ),
    "LeakyReluOptions": (
        Field("alpha", 0, "float32", 0.0, None),
    ),
    "MirrorPadOptions": (
        Field("mode", 0, "int8", 0, MirrorPadMode),
    ),
    "SplitVOptions": (
        Field("num_splits", 0, "int32", 0, None),
    ),
    "UniqueOptions": (
        Field("idx_out_type", 0, "int8", 2, TensorType),
    ),
    "ReverseSequenceOptions": (
        Field("seq_dim", 0, "int32", 0, None),
        Field("batch_dim", 1, "int32", 0, None),
    ),
    "IfOptions": (
        Field("then_subgraph_index", 0, "int32", 0, None),
        Field("else_subgraph_index", 1, "int32", 0, None),
    ),
    "WhileOptions": (
        Field("cond_subgraph_index", 0, "int32", 0, None),
        Field("body_subgraph_index", 1, "int32", 0, None),
    ),
    "DepthToSpaceOptions": (
        Field("block_size", 0, "int32", 0, None),
    ),
    "BatchMatMulOptions": (
        Field("adj_x", 0, "bool", False, None),
        Field("adj_y", 1, "bool", False, None),
        Field("asymmetric_quantize_inputs", 2, "bool", False, None),
    ),
    "CumsumOptions": (
        Field("exclusive", 0, "bool", False, None),
        Field("reverse", 1, "bool", False, None),
    ),
    "CallOnceOptions": (
        Field("init_subgraph_index", 0, "int32", 0, None),
    ),
    "Conv3DOptions": (
        Field("padding", 0, "int8", 0, Padding),
        Field("stride_d", 1, "int32", 0, None),
        Field("stride_w", 2, "int32", 0, None),
        Field("stride_h", 3, "int32", 0, None),
        Field("fused_activation_function", 4, "int8", 0, ActivationFunctionType),
        Field("dilation_d_factor", 5, "int32", 1, None),
        Field("dilation_w_factor", 6, "int32", 1, None),
        Field("dilation_h_factor", 7, "int32", 1, None),
    ),
    "HashtableOptions": (
        Field("table_id", 0, "int32", 0, None),
        Field("key_dtype", 1, "int8", 0, TensorType),
        Field("value_dtype", 2, "int8", 0, TensorType),
    ),
    "VarHandleOptions": (
        Field("container", 0, "string", None, None),
        Field("shared_name", 1, "string", None, None),
    ),
    "RandomOptions": (
        Field("seed", 0, "int64", 0, None),
        Field("seed2", 1, "int64", 0, None),
    ),
    "BucketizeOptions": (
        Field("boundaries", 0, "[float32]", (), None),
    ),
    "GeluOptions": (
        Field("approximate", 0, "bool", False, None),
    ),
    "StablehloConcatenateOptions": (
        Field("dimension", 0, "int64", 0, None),
    ),
    "StablehloBroadcastInDimOptions": (
        Field("broadcast_dimensions", 0, "[int64]", (), None),
    ),
    "StablehloSliceOptions": (
        Field("start_indices", 0, "[int64]", (), None),
        Field("limit_indices", 1, "[int64]", (), None),
        Field("strides", 2, "[int64]", (), None),
    ),
    "StablehloConvolutionOptions": (
        Field("window_strides", 0, "[int64]", (), None),
        Field("padding", 1, "[int64]", (), None),
        Field("lhs_dilation", 2, "[int64]", (), None),
        Field("rhs_dilation", 3, "[int64]", (), None),
        Field("window_reversal", 4, "[bool]", (), None),
        Field("input_batch_dimension", 5, "int64", 0, None),
        Field("input_feature_dimension", 6, "int64", 0, None),
        Field("input_spatial_dimensions", 7, "[int64]", (), None),
        Field("kernel_input_feature_dimension", 8, "int64", 0, None),
        Field("kernel_output_feature_dimension", 9, "int64", 0, None),
        Field("kernel_spatial_dimensions", 10, "[int64]", (), None),
        Field("output_batch_dimension", 11, "int64", 0, None),
        Field("output_feature_dimension", 12, "int64", 0, None),
        Field("output_spatial_dimensions", 13, "[int64]", (), None),
        Field("feature_group_count", 14, "int64", 0, None),
        Field("batch_group_count", 15, "int64", 0, None),
        Field("precision_config", 16, "[uint32]", (), StablehloPrecisionConfig),
    ),
    "StablehloCustomCallOptions": (
        Field("call_target_name", 0, "string", None, None),
        Field("has_side_effect", 1, "bool", False, None),
        Field("backend_config", 2, "string", None, None),
        Field("api_version", 3, "int32", 0, None),
        Field("called_computations", 4, "[int32]", (), None),
        Field("custom_attributes", 5, "[uint8]", (), None),
    ),
    "StablehloReduceOptions": (
        Field("dimensions", 0, "[int64]", (), None),
        Field("body_subgraph_index", 1, "int32", 0, None),
    ),
    "StablehloScatterOptions": (
        Field("indices_are_sorted", 0, "bool", False, None),
        Field("update_window_dims", 1, "[int64]", (), None),
        Field("inserted_window_dims", 2, "[int64]", (), None),
        Field("scatter_dims_to_operand_dims", 3, "[int64]", (), None),
        Field("index_vector_dim", 4, "int64", 0, None),
        Field("unique_indices", 5, "bool", False, None),
        Field("update_computation_subgraph_index", 6, "int32", 0, None),
    ),
    "StablehloCompareOptions": (
        Field("comparison_direction", 0, "uint32", 0, StablehloComparisonDirection),
        Field("compare_type", 1, "uint32", 0, StablehloComparisonType),
    ),
    "StablehloDynamicSliceOptions": (
        Field("slice_sizes", 0, "[int64]", (), None),
    ),
    "StablehloPadOptions": (
        Field("edge_padding_low", 0, "[int64]", (), None),
        Field("edge_padding_high", 1, "[int64]", (), None),
        Field("interior_padding", 2, "[int64]", (), None),
    ),
    "StablehloIotaOptions": (
        Field("iota_dimension", 0, "int64", 0, None),
    ),
    "StablehloDotGeneralOptions": (
        Field("lhs_batching_dimensions", 0, "[int64]", (), None),
        Field("rhs_batching_dimensions", 1, "[int64]", (), None),
        Field("lhs_contracting_dimensions", 2, "[int64]", (), None),
        Field("rhs_contracting_dimensions", 3, "[int64]", (), None),
        Field("precision_config", 4, "[uint32]", (), StablehloPrecisionConfig),
    ),
    "StablehloReduceWindowOptions": (
        Field("window_dimensions", 0, "[int64]", (), None),
        Field("window_strides", 1, "[int64]", (), None),
        Field("base_dilations", 2, "[int64]", (), None),
        Field("window_dilations", 3, "[int64]", (), None),
        Field("padding", 4, "[int64]", (), None),
        Field("body_subgraph_index", 5, "int32", 0, None),
    ),
    "StablehloSortOptions": (
        Field("dimension", 0, "int64", 0, None),
        Field("is_stable", 1, "bool", False, None),
        Field("comparator_subgraph_index", 2, "int32", 0, None),
    ),
    "StablehloWhileOptions": (
        Field("cond_subgraph_index", 0, "int32", 0, None),
        Field("body_subgraph_index", 1, "int32", 0, None),
    ),
    "StablehloGatherOptions": (
        Field("offset_dims", 0, "[int64]", (), None),
        Field("collapsed_slice_dims", 1, "[int64]", (), None),
        Field("start_index_map", 2, "[int64]", (), None),
        Field("index_vector_dim", 3, "int64", 0, None),
        Field("slice_sizes", 4, "[int64]", (), None),
        Field("indices_are_sorted", 5, "bool", False, None),
    ),
    "StablehloTransposeOptions": (
        Field("permutation", 0, "[int64]", (), None),
    ),
    "StablehloRngBitGeneratorOptions": (
        Field("algorithm", 0, "int8", 0, RngAlgorithm),
    ),
    "ReduceWindowOptions": (
        Field("reduce_function", 0, "int32", 0, ReduceWindowFunction),
    ),
    "StableHLOCompositeOptions": (
        Field("name", 0, "string", None, None),
        Field("decomposition_subgraph_index", 1, "int32", 0, None),
        Field("composite_attributes", 2, "[uint8]", (), None),
        Field("composite_attributes_format", 3, "int8", 0, CustomOptionsFormat),
        Field("version", 4, "int32", 0, None),
    ),
    "StablehloCaseOptions": (
        Field("branch_subgraph_indices", 0, "[int32]", (), None),
    ),
}
