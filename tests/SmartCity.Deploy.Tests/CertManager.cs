using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace SmartCity.Deploy.Tests;

/// <summary>cert-manager's resources (cert-manager.io/v1), as far as the chart uses them. A field that is not here is refused, as its own schema would.</summary>
internal static class CertManager
{
    internal sealed record Issuer
    {
        public SelfSigned? SelfSigned { get; init; }
        public Authority? Ca { get; init; }

        public static Issuer Read(YamlNode manifest) => StrictYaml.Read<Issuer>(manifest["spec"]);
    }

    internal sealed record SelfSigned;

    internal sealed record Authority
    {
        public required string SecretName { get; init; }
    }

    internal sealed record Certificate
    {
        [YamlMember(Alias = "isCA", ApplyNamingConventions = false)]
        public bool IsAuthority { get; init; }

        public string? CommonName { get; init; }
        public required string SecretName { get; init; }
        public List<string>? DnsNames { get; init; }
        public List<string>? Usages { get; init; }
        public required string Duration { get; init; }
        public required string RenewBefore { get; init; }
        public required PrivateKey PrivateKey { get; init; }
        public required Reference IssuerRef { get; init; }

        public static Certificate Read(YamlNode manifest) => StrictYaml.Read<Certificate>(manifest["spec"]);
    }

    internal sealed record PrivateKey
    {
        public required string Algorithm { get; init; }
        public required int Size { get; init; }
        public required string RotationPolicy { get; init; }
    }

    internal sealed record Reference
    {
        public required string Name { get; init; }
        public required string Kind { get; init; }
        public required string Group { get; init; }
    }
}
