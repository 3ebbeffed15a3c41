namespace SmartCity.Faces;

/// <summary>A picture in memory that somebody else owns: rows of blue, green, red, and perhaps a fourth byte that is not looked at.</summary>
public readonly ref struct Pixels
{
    /// <param name="bytes">The rows, from the top.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    /// <param name="channels">Bytes of a pixel: 3 (BGR, as OpenCV has it) or 4 (BGRA, as Skia has it).</param>
    /// <exception cref="ArgumentException">There are fewer bytes than that.</exception>
    public Pixels(ReadOnlySpan<byte> bytes, int width, int height, int stride, int channels)
    {
        if (width < 1 || height < 1 || channels is not (3 or 4) || stride < width * channels || bytes.Length < (long)stride * (height - 1) + (long)width * channels)
        {
            throw new ArgumentException($"{bytes.Length} bytes are no picture of {width} × {height} pixels with {channels} bytes each.", nameof(bytes));
        }

        Bytes = bytes;
        (Width, Height, Stride, Channels) = (width, height, stride, channels);
    }

    public ReadOnlySpan<byte> Bytes { get; }

    public int Width { get; }

    public int Height { get; }

    public int Stride { get; }

    public int Channels { get; }

    internal ReadOnlySpan<byte> Row(int y) => Bytes.Slice(y * Stride, Width * Channels);
}
