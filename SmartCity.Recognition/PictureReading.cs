using System.Runtime.InteropServices;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Quads of one picture → plates: read in batches, looked at, decoded; doubtful ones again. Keeps its memory for the next picture; not thread-safe.</summary>
internal sealed class PictureReading : IDisposable
{
    private const int MostAtOnce = 3;
    private const double PlateEnough = 0.5;

    // The detector finds narrower plates, but hardly one of them can be read.
    private const int NarrowestPixels = 40;

    private readonly RecognitionModels _models;
    private readonly RecognitionOptions _options;
    private readonly LineDecoder _decoder;
    private readonly List<PlateQuad> _quads = [];
    private readonly List<PlateQuad> _small = [];
    private readonly List<ReadPlate> _found = [];
    private readonly List<PlateRead> _kept = [];
    private readonly PlateBorders _borders = new();
    private readonly SeenPlaces[] _seen = [.. Enumerable.Range(0, MostAtOnce).Select(_ => new SeenPlaces())];
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
            (IsHardlyReadable(quads[i]) ? _small : _quads).Add(quads[i]);
        }

        ReadAll(image, _quads);
        if (!_hasPlate)
        {
            ReadAll(image, _small);
        }

        var found = CollectionsMarshal.AsSpan(_found);
        found.Sort(static (a, b) => b.Value.CompareTo(a.Value));
        for (var i = 0; i < found.Length; i++)
        {
            if (SecondLook.IsWanted(found[i].Read) && (i == 0 || (IsForCertain(found[i].Read.Quad) && !PlateRules.IsScrap(found[i].Read))))
            {
                found[i] = SecondLook.At(image, found[i], _models, _seen[0], Decode);
            }

            found[i] = Alone(image, found[i]);
        }

        DistinctPlates.Keep(found, _kept);
        RemoveScraps();
        DistinctPlates.FrontFirst(_kept);
        var plates = new PlateRead[_kept.Count];
        for (var i = 0; i < plates.Length; i++)
        {
            plates[i] = _models.Appearances.Judge(image, _kept[i]);
        }

        return plates;
    }

    public void Clear()
    {
        _quads.Clear();
        _small.Clear();
        _found.Clear();
        _kept.Clear();
        _hasPlate = false;
    }

    public void Dispose() => _borders.Dispose();

    private bool IsForCertain(PlateQuad quad) => quad.Score >= _models.Detector.PlateForCertain;

    // Beside a plate that was read it is hardly ever another, and costs as much.
    private bool IsHardlyReadable(PlateQuad quad) => _models.Detector.ScoresPlates && quad.Box.Width < NarrowestPixels && !IsForCertain(quad);

    private void ReadAll(in Source image, List<PlateQuad> quads)
    {
        var candidates = CollectionsMarshal.AsSpan(quads);
        for (var done = 0; done < candidates.Length && (_models.Detector.ScoresPlates || !_hasPlate); done += MostAtOnce)
        {
            ReadBatch(image, candidates.Slice(done, Math.Min(MostAtOnce, candidates.Length - done)));
        }
    }

    // Beside another plate, what the detector is not certain of and nobody can read is none.
    private void RemoveScraps()
    {
        for (var i = _kept.Count - 1; i > 0 && _models.Detector.ScoresPlates; i--)
        {
            if (PlateRules.IsScrap(_kept[i]) && !IsForCertain(_kept[i].Quad))
            {
                _kept.RemoveAt(i);
            }
        }
    }

    private void ReadBatch(in Source image, ReadOnlySpan<PlateQuad> quads)
    {
        _models.Reader.Read(image, quads, _seen);
        for (var i = 0; i < quads.Length; i++)
        {
            if (_seen[i].Count >= PlateRules.FewestCharacters && Decode(image, quads[i], _models.Appearances.Look(image, quads[i]), _seen[i]) is { } read)
            {
                _found.Add(read);
                _hasPlate |= read.Fits && read.Read.Confidence > PlateEnough;
            }
        }
    }

    // Where a plate hangs over another, or something stands before it: what is read between the borders alone, and a person looks.
    private ReadPlate Alone(in Source image, in ReadPlate read)
    {
        if (!_models.Detector.ScoresPlates || read.Read.Confidence < PlateEnough || _borders.Alone(image, read.Read.Quad) is not { } part)
        {
            return read;
        }

        _models.Reader.Read(image, [part], new ReadOnlySpan<SeenPlaces>(ref _seen[0]));
        var alone = Decode(image, part, _models.Appearances.Look(image, part), _seen[0]) is { Read.Confidence: >= PlateEnough } found ? found : read;
        return alone with { Read = Reading.InPart(alone.Read, _options.AbstainBelow) };
    }

    private ReadPlate? Decode(in Source image, PlateQuad quad, PlateAppearance appearance, SeenPlaces seen)
    {
        if (!_decoder.Run(seen, quad, image.Picture.Size(), appearance))
        {
            return null;
        }

        var read = Reading.Of(_decoder.Decoded, _decoder.Rows, quad, appearance, _decoder.Share, _options.AbstainBelow, _models.Reader.By);
        return new ReadPlate(read, _decoder.Decoded.Fits, _decoder.Worth, PlateRules.Prominence(quad.Box, image.Picture.Width, _decoder.Decoded.Length));
    }
}

/// <summary>A reading of a picture.</summary>
/// <param name="Fits">Whether some country gives such plates out.</param>
/// <param name="Worth">How plate-like it is.</param>
/// <param name="Prominence">How much its plate stands out.</param>
internal readonly record struct ReadPlate(PlateRead Read, bool Fits, double Worth, double Prominence)
{
    /// <summary>What it is worth beside the others of its picture: of plates that were read the nearest counts most, however clear another is.</summary>
    public double Value => Prominence * PlateRules.Standing(Read.Confidence, Fits, Worth);
}
