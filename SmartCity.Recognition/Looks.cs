using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>
/// Looks that are free to be used again. Cameras have a size or two, folders and uploads may have hundreds: the one that was not used for the
/// longest time goes for a new one. Thread-safe.
/// </summary>
internal sealed class Looks(InferenceSession session) : IDisposable
{
    // Enough for the three looks of four threads at pictures of one size and some beside; a look of 960 × 544 has 1.9 MB.
    private const int MostFree = 16;

    private readonly Lock _gate = new();
    private readonly List<Look> _free = new(MostFree + 1);

    /// <summary>One of a size in pixels, for the caller alone until it is given back.</summary>
    public Look Take(int width, int height)
    {
        lock (_gate)
        {
            for (var i = _free.Count - 1; i >= 0; i--)
            {
                if (_free[i] is var look && look.Picture.Width == width && look.Picture.Height == height)
                {
                    _free.RemoveAt(i);
                    return look;
                }
            }
        }

        return new Look(session, width, height);
    }

    public void Give(Look look)
    {
        Look? oldest = null;
        lock (_gate)
        {
            _free.Add(look);
            if (_free.Count > MostFree)
            {
                oldest = _free[0];
                _free.RemoveAt(0);
            }
        }

        oldest?.Dispose();
    }

    public void Dispose() => _free.ForEach(look => look.Dispose());
}

/// <summary>The memory of one inference of one size: the picture as the model takes it, and what it gives; bound once.</summary>
internal sealed class Look : IDisposable
{
    private readonly OrtValue[] _values;

    public Look(InferenceSession session, int width, int height)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(width * height * 3, pinned: true);
        Picture = Mat.FromPixelData(height, width, MatType.CV_8UC3, bytes);
        var (rows, columns) = (height / 8, width / 8);
        Heat = GC.AllocateUninitializedArray<float>(rows * columns, pinned: true);
        Corners = GC.AllocateUninitializedArray<float>(8 * rows * columns, pinned: true);
        var memory = OrtMemoryInfo.DefaultInstance;
        _values =
        [
            OrtValue.CreateTensorValueFromMemory(memory, bytes.AsMemory(), [1, height, width, 3]),
            OrtValue.CreateTensorValueFromMemory(memory, Heat.AsMemory(), [1, 1, rows, columns]),
            OrtValue.CreateTensorValueFromMemory(memory, Corners.AsMemory(), [1, 8, rows, columns]),
        ];
        Binding = session.CreateIoBinding();
        Binding.BindInput("picture", _values[0]);
        Binding.BindOutput("heat", _values[1]);
        Binding.BindOutput("corners", _values[2]);
    }

    public Mat Picture { get; }

    public float[] Heat { get; }

    public float[] Corners { get; }

    public OrtIoBinding Binding { get; }

    public void Dispose()
    {
        Binding.Dispose();
        Array.ForEach(_values, v => v.Dispose());
        Picture.Dispose();
    }
}
