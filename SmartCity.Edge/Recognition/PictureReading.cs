using System.Runtime.InteropServices;

namespace SmartCity.Edge.Recognition;

/// <summary>Quads of one picture → plates: read in batches, looked at, decoded; a doubtful one again. Keeps its memory for the next picture; not thread-safe.</summary>
internal sealed class PictureReading
{
    private const int FirstBatch = 3;
    private const double PlateEnough = 0.5;

    private readonly RecognitionModels _models;
    private readonly RecognitionOptions _options;
    private readonly LineDecoder _decoder;
    private readonly List<PlateQuad> _quads = [];
    private readonly List<ReadPlate> _found = [];
    private readonly List<PlateRead> _kept = [];
    private readonly SeenPlaces[] _seen = [.. Enumerable.Range(0, Math.Max(FirstBatch, PlatePatch.MostViews)).Select(_ => new SeenPlaces())];
    private bool _hasPlate;

    public PictureReading(RecognitionModels models, RecognitionOptions options)
    {
        (_models, _options) = (models, options);
        _decoder = new LineDecoder(models.Detector, options.HomeCountry);
    }

    /// <summary>The plates among the quads, the most prominent first.</summary>
    public PlateRead[] Run(in Source image, IReadOnlyList<PlateQuad> quads)
    {
        for (var i = 0; i < Math.Min(quads.Count, _options.CandidatesRead); i++)
        {
            _quads.Add(quads[i]);
        }

        var candidates = CollectionsMarshal.AsSpan(_quads);
        for (var done = 0; done < candidates.Length && !_hasPlate; done += FirstBatch)
        {
            // The most prominent first; the rest only while none of them is a plate.
            ReadBatch(image, candidates.Slice(done, Math.Min(FirstBatch, candidates.Length - done)));
        }

        LookAgain(image);
        DistinctPlates.Keep(CollectionsMarshal.AsSpan(_found), _kept);
        return [.. _kept];
    }

    public void Clear()
    {
        _quads.Clear();
        _found.Clear();
        _kept.Clear();
        _hasPlate = false;
    }

    private void ReadBatch(in Source image, ReadOnlySpan<PlateQuad> quads)
    {
        _models.Reader.Read(image, quads, _seen);
        for (var i = 0; i < quads.Length; i++)
        {
            if (_seen[i].Count >= PlateRules.FewestCharacters && Decode(image, quads[i], _models.Appearances.Look(image, quads[i]), _seen[i]) is { } read)
            {
                _found.Add(read);
                _hasPlate |= _decoder.Decoded.Fits && read.Read.Confidence > PlateEnough;
            }
        }
    }

    // The most valuable plate, where it is doubtful.
    private void LookAgain(in Source image)
    {
        var best = -1;
        for (var i = 0; i < _found.Count; i++)
        {
            best = best < 0 || _found[i].Value > _found[best].Value ? i : best;
        }

        if (best >= 0 && SecondLook.IsWanted(_found[best].Read))
        {
            _found[best] = SecondLook.At(image, _found[best], _models, _seen, Decode);
        }
    }

    private ReadPlate? Decode(in Source image, PlateQuad quad, PlateAppearance appearance, SeenPlaces seen)
    {
        if (!_decoder.Run(seen, quad, image.Picture.Size(), appearance))
        {
            return null;
        }

        var read = Reading.Of(_decoder.Decoded, _decoder.Rows, quad, appearance, _decoder.Share, _options.AbstainBelow);
        return new ReadPlate(read, _decoder.Worth * PlateRules.Prominence(quad.Box, image.Picture.Width, _decoder.Decoded.Length));
    }
}

/// <summary>A reading and what it is worth beside the others of its picture.</summary>
internal readonly record struct ReadPlate(PlateRead Read, double Value);
