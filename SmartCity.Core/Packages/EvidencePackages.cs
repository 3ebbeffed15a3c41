using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Models;

namespace SmartCity.Core.Packages;

/// <summary>Writes evidence packages: one ZIP with everything that something rests on, to be read anywhere and checked by anybody who has the public key.</summary>
internal sealed class EvidencePackages(NpgsqlDataSource dataSource, PackagePictures pictures, ModelSigningKey key, IOptions<PackageOptions> options, ChargingCity city, TimeProvider time) : IDisposable
{
    public const string ContentType = "application/zip";

    // One after the other: each takes room in the temporary folder and work.
    private readonly SemaphoreSlim _one = new(1);

    public void Dispose() => _one.Dispose();

    /// <summary>Why no package can be signed; null if it can.</summary>
    public string? Missing => key.Verifier is null
        ? "The core has no signing key, so nobody could check a package. Set Core:Models:SigningKeyPath to a private key on the curve P-256."
        : null;

    /// <summary>PEM.</summary>
    /// <exception cref="InvalidOperationException">There is no key.</exception>
    public string PublicKey => key.PublicKeyPem;

    /// <summary>Why a package of so many things is not made; null if it is.</summary>
    public string? TooMany(int items) => items > options.Value.MostItems
        ? $"The package would have {items} sightings, charges, alerts and files; at most {options.Value.MostItems} are allowed (Core:Packages:MostItems). Divide what is to be packed, or have the limit raised."
        : null;

    /// <returns>The ZIP at its beginning; the file behind it goes when it is closed. And the SHA-256 of its manifest.</returns>
    /// <exception cref="PackageTooLargeException">It would have more than the settings allow.</exception>
    public async Task<(Stream Zip, string ManifestSha256)> MakeAsync(PackageOrder order, CancellationToken cancellationToken)
    {
        if (TooMany(order.Records.Sightings.Count + order.Records.Charges.Count + order.Records.Alerts.Count + order.Files.Count) is { } many)
        {
            throw new PackageTooLargeException(many);
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            return await WriteAsync(order, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<(Stream Zip, string ManifestSha256)> WriteAsync(PackageOrder order, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var text = new PackageText(city, await StationsAsync(cancellationToken));
        var audit = await PackageAudit.OfAsync(dataSource, order.Records, order.About, order.Since, cancellationToken);
        var file = Temporary();
        try
        {
            string manifest;
            await using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            {
                var package = new PackageContents(zip, options.Value);
                var page = await PageAsync(package, order, text, audit, now, cancellationToken);
                manifest = await WriteAsync(package, order, page, audit, now, cancellationToken);
            }

            file.Position = 0;
            return (file, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest))));
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static FileStream Temporary() =>
        new(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous });

    // Pictures and files go into the package on the way: the page says which are missing.
    private async Task<PackagePage> PageAsync(PackageContents package, PackageOrder order, PackageText text, List<AuditLine> audit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var records = order.Records;
        var sections = new List<PackageSection>(order.Head(text));
        if (await FilesAsync(package, order, cancellationToken) is { Count: > 0 } leftOut)
        {
            sections.Add(new PackageSection("Files that are not in this package") { Table = new(["File", "Why"], leftOut) });
        }

        sections.AddRange(records.Charges.GroupBy(c => (c.Plate, c.Scheme, c.Day)).SelectMany(lines => text.Charge([.. lines], records)));
        sections.AddRange(records.Alerts.SelectMany(text.Alert));
        foreach (var sighting in records.Sightings)
        {
            var (found, missing) = await pictures.AddAsync(package, sighting, $"{text.Station(sighting.StationId)}, {text.Time(sighting.CapturedAt)}", records, order.Copies, cancellationToken);
            sections.Add(text.Sighting(sighting, records.Decisions.Where(d => d.SightingId == sighting.Id), found, missing));
        }

        sections.Add(text.Audit(audit));
        return new PackagePage(
            order.Title,
            [
                $"Made on {text.Time(now)} by {order.By}. Reason: {order.Reason}",
                $"The records are in record.json and audit.csv as data. {PackageManifest.FileName} names every file with its SHA-256 and is signed (ECDSA P-256 with SHA-256); how to check it is in verify.txt.",
            ],
            sections);
    }

    /// <returns>Name and reason of each file that is left out.</returns>
    private static async Task<List<string[]>> FilesAsync(PackageContents package, PackageOrder order, CancellationToken cancellationToken)
    {
        var leftOut = new List<string[]>();
        foreach (var file in order.Files)
        {
            var content = await file.Read(cancellationToken);
            if (content is not null && Convert.ToHexStringLower(SHA256.HashData(content)) == file.Sha256)
            {
                await package.AddEvidenceAsync(file.Name, content, CompressionLevel.Optimal, cancellationToken);
                continue;
            }

            var why = content is null ? "The file is not stored any more." : "The file was changed: its SHA-256 differs from the one that it had when it was added.";
            leftOut.Add([file.Name, why]);
            package.Miss(file.Name, why);
        }

        return leftOut;
    }

    private async Task<string> WriteAsync(PackageContents package, PackageOrder order, PackagePage page, List<AuditLine> audit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Task AddAsync(string name, byte[] content) => package.AddAsync(name, content, CompressionLevel.Optimal, cancellationToken);
        Task PutAsync(string name, byte[] content) => package.PutAsync(name, content, CompressionLevel.Optimal, cancellationToken);
        await AddAsync("index.html", Encoding.UTF8.GetBytes(PackageHtml.Write(page)));
        await using (var pdf = Temporary())
        {
            await PackagePdf.WriteAsync(pdf, page, now, cancellationToken);
            await package.AddAsync("package.pdf", pdf, cancellationToken);
        }

        await AddAsync("record.json", JsonSerializer.SerializeToUtf8Bytes(order.Records, PackageManifest.Json));
        await AddAsync("audit.csv", await AuditAsync(audit, cancellationToken));
        await AddAsync("verify.txt", Encoding.UTF8.GetBytes(HowToVerify));
        if (order.Records.Charges.Count > 0)
        {
            await AddAsync(RuleTexts.FileName, Encoding.UTF8.GetBytes(RuleTexts.Document));
        }

        var manifest = JsonSerializer.Serialize(new PackageManifest(PackageManifest.TypeName, order.Of, now, order.By, order.Reason, package.Files, package.LeftOut), PackageManifest.Json);
        await PutAsync(PackageManifest.FileName, Encoding.UTF8.GetBytes(manifest));
        await PutAsync(PackageManifest.SignatureName, Encoding.ASCII.GetBytes(key.Sign(manifest).Signature + "\n"));
        await PutAsync(PackageManifest.KeyName, Encoding.ASCII.GetBytes(key.PublicKeyPem));
        return manifest;
    }

    private static async Task<byte[]> AuditAsync(List<AuditLine> lines, CancellationToken cancellationToken)
    {
        using var csv = new MemoryStream();
        await CsvExport.WriteAsync(csv, PackageAudit.Columns, lines.ToAsyncEnumerable(), l => [l.Number, l.At, l.Actor, l.Action, l.Subject, l.Reason, l.Hash], cancellationToken);
        return csv.ToArray();
    }

    private async Task<IReadOnlyDictionary<string, string>> StationsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, name from stations");
        return (await command.ReadAllAsync(r => (Id: r.GetString(0), Name: r.GetString(1)), cancellationToken)).ToDictionary(s => s.Id, s => s.Name);
    }

    private const string HowToVerify =
        """
        How to check that this package is as it was made

        1. Get the public key from the authority that gave you the package, not from the package: public-key.pem in it is a copy for
           comparison. The authority has it as GET /api/packages/key.
        2. With SmartCity:      ./smartcity package verify PACKAGE.zip --key public-key.pem
        3. Without SmartCity, in the unpacked folder:

             base64 -d manifest.sig > manifest.sig.bin
             openssl dgst -sha256 -verify public-key.pem -signature manifest.sig.bin manifest.json

           It must say "Verified OK". Then compare the SHA-256 of each file with the one in manifest.json:

             python3 -c "import json,hashlib; [print(f['name'], hashlib.sha256(open(f['name'],'rb').read()).hexdigest() == f['sha256']) for f in json.load(open('manifest.json'))['files']]"

           Each line must end with True. A file that the manifest does not name is no part of the package.

        """;
}
