namespace SmartCity.Contracts;

/// <summary>The body of <c>POST /api/edge/uploads?station=…</c>: pictures that an edge wants to put into the object store.</summary>
/// <param name="Keys">1 to <see cref="MostKeys"/> object keys of the station's own pictures.</param>
public sealed record EdgeUploadsAsked(IReadOnlyList<string> Keys)
{
    public const int MostKeys = 16;
}

/// <summary>Where to put each of the pictures asked for, in the same order.</summary>
public sealed record EdgeUploads(IReadOnlyList<EdgeUpload> Uploads);

/// <param name="Key">As asked for.</param>
/// <param name="Address">Takes a PUT of this one object for a few minutes, and is a secret; relative to the core's address, with the edge's key, if the core keeps objects itself. Null if the object is there already: evidence is written once.</param>
public sealed record EdgeUpload(string Key, string? Address);
