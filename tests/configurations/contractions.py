"""Convolutions, matrix products and other operators on windows and images."""

from configurations.case import SCALE, Case, Operand, data, decides, weights
from configurations.drawing import generates, lengths

F32, INT8, INT32 = "FLOAT32", "INT8", "INT32"
SAME, VALID = 0, 1


def window(r, size, stride, dilation=1):
    """A window length that fits into an axis of this size at least once."""
    return r.randint(1, max(1, (size - 1) // dilation + 1))


def wide_window(r, size, stride, dilation=1):
    """As `window`, now and then larger than the axis by less than a stride: then nothing comes out."""
    if r.random() < 0.1:
        return (size + stride - 2) // dilation + 1
    return window(r, size, stride, dilation)


def batch_and(r, *high):
    """A batch, one in twelve of them empty, and further lengths."""
    batch, *rest = (r.randint(1, most) for most in high)
    return (0 if r.random() < 1 / 12 else batch, *rest)


def out_of(size, length, stride, padding):
    """How many windows there are, found by walking; SAME starts one at every stride."""
    last = size if padding == SAME else size - length + 1
    return len(range(0, last, stride))


def _weights_and_bias(r, dtype, shape, channels):
    """Float or quantized weights for inputs of a type, constant or not, with their bias."""
    hybrid = dtype == F32 and r.random() < 0.2
    made = weights(shape, INT8 if hybrid else dtype)
    if dtype == F32 and not hybrid and r.random() < 0.3:
        made = data(shape, dtype)
    return made, _bias(dtype, channels)


def _bias(dtype, channels):
    if dtype == F32:
        return weights([channels])
    return weights([channels], INT32, scale=SCALE * SCALE)


def _window_options(r, h, w):
    dilation_h, dilation_w = r.choice([(1, 1), (1, 1), (2, 1), (2, 3)])
    stride_h, stride_w = r.randint(1, 3), r.randint(1, 3)
    options = {
        "padding": r.choice([SAME, VALID]),
        "stride_h": stride_h,
        "stride_w": stride_w,
        "dilation_h_factor": dilation_h,
        "dilation_w_factor": dilation_w,
        "fused_activation_function": r.choice([0, 1, 2, 3]),
    }
    return (
        options,
        wide_window(r, h, stride_h, dilation_h),
        wide_window(r, w, stride_w, dilation_w),
    )


@generates("CONV_2D")
def conv_2d(r, name):
    dtype = r.choice([F32, F32, INT8])
    groups, depth, per_group = r.choice([1, 1, 2, 3]), r.randint(1, 3), r.randint(1, 3)
    n, h, w = batch_and(r, 9, 9, 9)
    options, kh, kw = _window_options(r, h, w)
    o = groups * per_group
    kernel, bias = _weights_and_bias(r, dtype, (o, kh, kw, depth), o)
    return Case(name, (data((n, h, w, groups * depth), dtype), kernel, bias), options, (dtype,))


@generates("DEPTHWISE_CONV_2D")
def depthwise_conv_2d(r, name):
    dtype = r.choice([F32, F32, INT8])
    n, h, w = batch_and(r, 9, 9, 9)
    c, multiplier = r.randint(1, 4), r.randint(1, 3)
    options, kh, kw = _window_options(r, h, w)
    options["depth_multiplier"] = multiplier
    kernel, bias = _weights_and_bias(r, dtype, (1, kh, kw, c * multiplier), c * multiplier)
    # Hybrid kernels want scales per channel, of which there is one here.
    if kernel.type != dtype:
        kernel = weights(kernel.shape, dtype)
    operands = (data((n, h, w, c), dtype), kernel, *r.choice([(), (bias,)]))
    return Case(name, operands, options, (dtype,))


@generates("TRANSPOSE_CONV")
def transpose_conv(r, name):
    dtype = r.choice([F32, F32, INT8])
    n, oh, ow = lengths(r, 3, 1, 9)
    c, o = r.randint(1, 3), r.randint(1, 3)
    sh, sw = r.randint(1, 3), r.randint(1, 3)
    kh, kw = window(r, oh, sh), window(r, ow, sw)
    padding = r.choice([SAME, VALID])
    options = {
        "padding": padding,
        "stride_h": sh,
        "stride_w": sw,
        "fused_activation_function": r.choice([0, 1]),
    }
    x = data((n, out_of(oh, kh, sh, padding), out_of(ow, kw, sw, padding), c), dtype)
    operands = (decides([n, oh, ow, o]), weights((o, kh, kw, c), dtype), x)
    return Case(name, (*operands, *r.choice([(), (_bias(dtype, o),)])), options, (dtype,))


@generates("FULLY_CONNECTED")
def fully_connected(r, name):
    dtype = r.choice([F32, F32, INT8])
    units, depth = r.randint(1, 4), r.randint(1, 4)
    shape = (*lengths(r, r.randint(0, 3)), depth)
    keep = r.random() < 0.5
    if not keep and r.random() < 0.3:
        shape = (r.randint(1, 3), depth * r.randint(2, 3))  # several rows to an axis
    matrix, bias = _weights_and_bias(r, dtype, (units, depth), units)
    if r.random() < 0.25:
        # What the kernels know of sparse weights: single elements, and blocks along a row.
        block = 16 if dtype == INT8 else r.choice([1, 4])
        columns = depth * block
        shape = (*shape[:-1], shape[-1] * block)
        matrix = _sparse(r, (units, columns), dtype, block)
    options = {"keep_num_dims": keep, "fused_activation_function": r.choice([0, 1, 2, 3])}
    return Case(name, (data(shape, dtype), matrix, r.choice([bias, None])), options, (dtype,))


def _sparse(r, shape, dtype, block):
    units, columns = shape
    kept = [r.choice([0, 1]) for _ in range(units * columns // block)]
    value = tuple(element for whole in kept for element in [whole] * block)
    return Operand(shape, dtype, value, constant=True, block=block)


@generates("BATCH_MATMUL")
def batch_matmul(r, name):
    dtype = r.choice([F32, F32, INT8])
    m, k, n = lengths(r, 3)
    batch = lengths(r, r.randint(0, 3))
    adj_x, adj_y = r.random() < 0.5, r.random() < 0.5

    def batch_of_operand():
        kept = batch[r.randint(0, len(batch)) :] if r.random() < 0.3 else batch
        return tuple(1 if r.random() < 0.2 else length for length in kept)

    x = data((*batch_of_operand(), *((k, m) if adj_x else (m, k))), dtype)
    shape_y = (*batch_of_operand(), *((n, k) if adj_y else (k, n)))
    y = r.choice([weights(shape_y, dtype), data(shape_y, dtype)])
    return Case(name, (x, y), {"adj_x": adj_x, "adj_y": adj_y}, (dtype,))


@generates("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D")
def pool(r, name):
    dtype = F32 if name == "L2_POOL_2D" else r.choice([F32, INT8])
    n, h, w = batch_and(r, 9, 9, 9)
    sh, sw = r.randint(1, 3), r.randint(1, 3)
    options = {
        "padding": r.choice([SAME, VALID]),
        "stride_h": sh,
        "stride_w": sw,
        "filter_height": wide_window(r, h, sh),
        "filter_width": wide_window(r, w, sw),
        "fused_activation_function": r.choice([0, 1, 3]),
    }
    return Case(name, (data((n, h, w, r.randint(1, 3)), dtype),), options, (dtype,))


@generates("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
def resize(r, name):
    dtype = r.choice([F32, INT8])
    options = r.choice([{}, {"align_corners": True}, {"half_pixel_centers": True}])
    return Case(name, (data(lengths(r, 4), dtype), decides(lengths(r, 2, 1, 9))), options, (dtype,))


def _window_options_3d(r, sizes):
    strides, dilations = lengths(r, 3, 1, 3), r.choice([(1, 1, 1), (1, 1, 1), (2, 1, 3)])
    options = {
        "padding": r.choice([SAME, VALID]),
        "fused_activation_function": r.choice([0, 1, 3]),
        **{f"stride_{axis}": stride for axis, stride in zip("dhw", strides, strict=True)},
        **{f"dilation_{axis}_factor": apart for axis, apart in zip("dhw", dilations, strict=True)},
    }
    windows = [
        window(r, size, stride, apart)
        for size, stride, apart in zip(sizes, strides, dilations, strict=True)
    ]
    return options, strides, dilations, windows


@generates("CONV_3D")
def conv_3d(r, name):
    n, *sizes = lengths(r, 4, 1, 6)
    c, o = lengths(r, 2, 1, 3)
    options, _, _, windows = _window_options_3d(r, sizes)
    operands = (data((n, *sizes, c)), weights((*windows, c, o)))
    return Case(name, (*operands, *r.choice([(), (_bias(F32, o),)])), options)


@generates("CONV_3D_TRANSPOSE")
def conv_3d_transpose(r, name):
    n, *sizes = lengths(r, 4, 1, 6)
    c, o = lengths(r, 2, 1, 3)
    options, strides, dilations, windows = _window_options_3d(r, sizes)
    given = [
        out_of(size, (length - 1) * apart + 1, stride, options["padding"])
        for size, length, stride, apart in zip(sizes, windows, strides, dilations, strict=True)
    ]
    operands = (decides([n, *sizes, o]), weights((*windows, o, c)), data((n, *given, c)))
    return Case(name, (*operands, *r.choice([(), (_bias(F32, o),)])), options)


@generates("REDUCE_WINDOW")
def reduce_window(r, name):
    shape = lengths(r, r.randint(1, 4), 1, 6)
    dtype = r.choice([F32, INT8, INT32, "INT64"])
    # The runtime takes these as constants only.
    parameters = tuple(
        Operand((len(shape),), "INT64", lengths(r, len(shape), 1, 3), constant=True)
        for _ in range(3)
    )
    operands = (data(shape, dtype), data((), dtype), *parameters)
    return Case(name, operands, {"reduce_function": r.randint(1, 4)}, (dtype,))
