namespace SmartCity.Contracts;

/// <summary>One vehicle past one camera, voted over the frames that saw it. The value of a record on topic <see cref="Topics.Sightings"/>.</summary>
public sealed record Sighting
{
    /// <summary>The least <see cref="Confidence"/> on which a city may act before a person has looked. Edges give less to text that may be a word or a telephone number.</summary>
    public const double LeastSure = 0.9;

    /// <summary>UUID v7, minted once at the edge and kept by every replay.</summary>
    public required Guid Id { get; init; }

    /// <summary>0, and one more each time that later frames of the same vehicle showed more: the highest counts, and takes the place of those before.</summary>
    public int Revision { get; init; }

    /// <summary>UTC capture time of the best frame, millisecond precision; the same in every revision.</summary>
    public required DateTimeOffset CapturedAt { get; init; }

    public required string StationId { get; init; }

    public required string CameraId { get; init; }

    public int? Lane { get; init; }

    public string? Direction { get; init; }

    /// <summary>A–Z and 0–9 only; null when a plate was found but not read with enough confidence.</summary>
    public string? Plate { get; init; }

    /// <summary>ISO 3166 alpha-2 code; null when not known.</summary>
    public string? Country { get; init; }

    /// <summary>Id of the plate grammar that matched, such as <c>gb-current</c>.</summary>
    public string? Format { get; init; }

    /// <summary>Probability 0–1 that the whole plate is right.</summary>
    public double Confidence { get; init; }

    /// <summary>Probability 0–1 of each character of <see cref="Plate"/>.</summary>
    public IReadOnlyList<double> Characters { get; init; } = [];

    public IReadOnlyList<PlateAlternative> Alternatives { get; init; } = [];

    /// <summary>Number of frames that voted.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>x, y, width, height of the plate in pixels of the evidence picture.</summary>
    public IReadOnlyList<int> Box { get; init; } = [];

    /// <summary>Object key of the evidence JPEG, which may come later than the sighting; the plate patch lies beside it as <c>….plate.jpg</c>. Null if the picture was given up for lack of disk.</summary>
    public string? Evidence { get; init; }

    /// <summary>SHA-256 of the picture at <see cref="Evidence"/> as the edge took it, 64 hexadecimal digits; null where the edge does not say.</summary>
    public string? EvidenceSha256 { get; init; }

    /// <summary>SHA-256 of the plate patch beside it, 64 hexadecimal digits.</summary>
    public string? PatchSha256 { get; init; }

    public string? ReaderVersion { get; init; }

    public string? DetectorVersion { get; init; }

    /// <summary>Whether the clock that <see cref="CapturedAt"/> is from was synchronised; null when that is not known, as of recordings and of cameras with a clock of their own.</summary>
    public bool? ClockSynchronised { get; init; }

    /// <summary>How the plate moved in the picture: towards (the camera), away, left or right; null when too little was seen to say.</summary>
    public string? Movement { get; init; }

    /// <summary>Kilometres per hour; null when not measured.</summary>
    public double? SpeedKmh { get; init; }

    /// <summary>Object key of the plate patch that lies beside an evidence picture.</summary>
    public static string PatchKey(string evidence) =>
        evidence.EndsWith(".jpg", StringComparison.Ordinal) ? evidence[..^4] + ".plate.jpg" : evidence + ".plate.jpg";

    /// <summary>Object key of the word that an evidence picture was thrown away at the edge, to make room, and never comes.</summary>
    public static string ShedKey(string evidence) => evidence + ".shed";

    /// <summary>Object key of the evidence picture of a sighting: <c>evidence/{station}/yyyy/MM/dd/HH/{id}.jpg</c>, of a later revision <c>….r1.jpg</c>.</summary>
    public static string EvidenceKey(string stationId, DateTimeOffset capturedAt, Guid id, int revision = 0) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"evidence/{stationId}/{capturedAt.UtcDateTime:yyyy/MM/dd/HH}/{id}{(revision == 0 ? "" : $".r{revision}")}.jpg");
}

/// <summary>Another reading of the same plate with its probability 0–1.</summary>
public sealed record PlateAlternative(string Plate, double Confidence);
