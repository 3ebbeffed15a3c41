using SmartCity.Contracts.Models;

namespace SmartCity.Recognition;

/// <summary>A version on this edge's disk, its signature and file checked.</summary>
/// <param name="Sha256">Of the manifest: what the version is known by here.</param>
/// <param name="Folder">Where the manifest and the file are.</param>
internal sealed record FetchedModel(ModelManifest Manifest, string Sha256, string Folder);
