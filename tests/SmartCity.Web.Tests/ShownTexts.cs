using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace SmartCity.Web.Tests;

/// <summary>What the compiled pages hand to the browser as it stands in the source: words that no language can change.</summary>
internal static class ShownTexts
{
    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => (int)(ushort)o.Value);

    /// <summary>Each literal with what takes it: the method that it is given to, and the attribute's name where it is an attribute.</summary>
    public static IEnumerable<(string Member, string Taker, string? Attribute, string Text)> Of(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        foreach (var method in metadata.MethodDefinitions.Select(metadata.GetMethodDefinition).Where(m => m.RelativeVirtualAddress != 0))
        {
            var type = metadata.GetTypeDefinition(method.GetDeclaringType());
            var member = $"{metadata.GetString(type.Name)}.{metadata.GetString(method.Name)}";
            var steps = Steps(metadata, file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!);
            for (var i = 0; i + 1 < steps.Count; i++)
            {
                if (steps[i] is { Text: { } text } && steps[i + 1].Called is { } taker)
                {
                    yield return (member, taker, i > 0 ? steps[i - 1].Text : null, text);
                }
            }
        }
    }

    // Loads of literals and calls, in their order; everything else is a step with neither.
    private static List<(string? Text, string? Called)> Steps(MetadataReader metadata, byte[] code)
    {
        var steps = new List<(string? Text, string? Called)>();
        for (var at = 0; at < code.Length;)
        {
            int value = code[at++];
            var operation = Codes[value == 0xFE ? 0xFE00 | code[at++] : value];
            var token = operation.OperandType is OperandType.InlineString or OperandType.InlineMethod ? BitConverter.ToInt32(code, at) : 0;
            steps.Add(operation.OperandType switch
            {
                OperandType.InlineString => (metadata.GetUserString(MetadataTokens.UserStringHandle(token & 0xFFFFFF)), null),
                OperandType.InlineMethod => (null, Name(metadata, MetadataTokens.EntityHandle(token))),
                _ => (null, null),
            });
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }

        return steps;
    }

    private static string Name(MetadataReader metadata, EntityHandle method) => method.Kind switch
    {
        HandleKind.MethodDefinition => metadata.GetString(metadata.GetMethodDefinition((MethodDefinitionHandle)method).Name),
        HandleKind.MemberReference => metadata.GetString(metadata.GetMemberReference((MemberReferenceHandle)method).Name),
        _ => Name(metadata, metadata.GetMethodSpecification((MethodSpecificationHandle)method).Method),
    };
}
