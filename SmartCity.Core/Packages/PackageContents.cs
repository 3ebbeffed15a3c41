using System.IO.Compression;
using System.Security.Cryptography;

namespace SmartCity.Core.Packages;

/// <summary>A package while it is written: each file goes into the ZIP at once, and what is left out is kept in mind. Nothing of it stays in memory.</summary>
internal sealed class PackageContents(ZipArchive zip, PackageOptions limits)
{
    private readonly List<PackageFile> _files = [];
    private readonly List<PackageLeftOut> _leftOut = [];
    private long _evidence;

    public IReadOnlyList<PackageFile> Files => _files;

    public IReadOnlyList<PackageLeftOut> LeftOut => _leftOut;

    public void Miss(string name, string why) => _leftOut.Add(new PackageLeftOut(name, why));

    /// <summary>Adds a picture or a file that somebody added.</summary>
    /// <exception cref="PackageTooLargeException">It would be too much.</exception>
    public Task AddEvidenceAsync(string name, ReadOnlyMemory<byte> content, CompressionLevel level, CancellationToken cancellationToken)
    {
        _evidence += content.Length;
        return _evidence > (long)limits.MostMegabytes << 20
            ? throw new PackageTooLargeException($"The package would have more than {limits.MostMegabytes} MB of pictures and files (Core:Packages:MostMegabytes). Divide what is to be packed, or have the limit raised.")
            : AddAsync(name, content, level, cancellationToken);
    }

    public async Task AddAsync(string name, ReadOnlyMemory<byte> content, CompressionLevel level, CancellationToken cancellationToken)
    {
        await PutAsync(name, content, level, cancellationToken);
        _files.Add(new PackageFile(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content.Span))));
    }

    /// <param name="content">From its beginning on.</param>
    public async Task AddAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        content.Position = 0;
        var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
        content.Position = 0;
        await using var entry = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(cancellationToken);
        await content.CopyToAsync(entry, cancellationToken);
        _files.Add(new PackageFile(name, content.Length, sha256));
    }

    /// <summary>Adds what the manifest does not name.</summary>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CompressionLevel level, CancellationToken cancellationToken)
    {
        await using var entry = await zip.CreateEntry(name, level).OpenAsync(cancellationToken);
        await entry.WriteAsync(content, cancellationToken);
    }
}

/// <summary>A package would have more than the settings allow; the message says which setting.</summary>
internal sealed class PackageTooLargeException(string message) : Exception(message);
