using System.Text.Json;

namespace SmartCity.Core.Packages;

/// <summary>What is in a package, who made it and why. Its bytes are signed.</summary>
/// <param name="Type">Always <see cref="TypeName"/>: a signature over something else is none over a package.</param>
/// <param name="Of">Such as <c>charge 0193…</c>.</param>
/// <param name="Reason">Why it was made, as the audit has it.</param>
/// <param name="Files">Every file but the manifest, its signature and the key.</param>
/// <param name="LeftOut">Pictures and files that belong to it but are gone or were changed; null in a package of an older version.</param>
internal sealed record PackageManifest(string Type, string Of, DateTimeOffset MadeAt, string MadeBy, string Reason, IReadOnlyList<PackageFile> Files, IReadOnlyList<PackageLeftOut>? LeftOut)
{
    public const string TypeName = "evidence-package/1";
    public const string FileName = "manifest.json";
    public const string SignatureName = "manifest.sig";
    public const string KeyName = "public-key.pem";

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}

/// <param name="Sha256">64 hexadecimal digits in lower case.</param>
internal sealed record PackageFile(string Name, long Bytes, string Sha256);

/// <param name="Name">Which name it would have in the package.</param>
/// <param name="Why">In a sentence.</param>
internal sealed record PackageLeftOut(string Name, string Why);
