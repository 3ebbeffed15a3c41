using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace SmartCity.Deploy.Tests;

/// <summary>A node → a record that has all of its fields; one that is missing there is refused.</summary>
internal static class StrictYaml
{
    private static readonly IDeserializer Strict = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithEnforceRequiredMembers().Build();

    public static T Read<T>(YamlNode node)
    {
        var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return Strict.Deserialize<T>(writer.ToString());
    }
}
