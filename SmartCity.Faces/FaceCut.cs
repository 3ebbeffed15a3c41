namespace SmartCity.Faces;

/// <summary>A face cut out of a picture and aligned, before a template is made of it: a small picture. It is overwritten by zeros when it is disposed.</summary>
public sealed class FaceCut : IDisposable
{
    private Action<FaceChip>? _done;

    internal FaceCut(FoundFace face, FaceChip chip, Action<FaceChip> done)
    {
        (Face, Chip, _done) = (face, chip, done);
        Look = FaceLook.Of(face, chip);
    }

    public FoundFace Face { get; }

    public FaceLook Look { get; }

    internal FaceChip Chip { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _done, null) is { } done)
        {
            Chip.Clear();
            done(Chip);
        }
    }
}
