/**
 * What `source <(isthmus completion bash)` loads; as often as one likes, with bash-completion or without. tab's own script is for
 * neither, and lets bash evaluate what is typed. Bash takes `=`, `:` and `@` for ends of words, so they are put together again, and what
 * stands before the last of them is not offered once more. What a shell would act on in a name, as of a context, is quoted. Where the program offers nothing, bash offers files.
 */
export const bashCompletion = `# bash completion for isthmus
__isthmus_complete() {
    local line=\${COMP_LINE:0:COMP_POINT} words cur value
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=\${words[\${#words[@]}-1]}
    if [[ $cur == --*=* ]]; then
        words[\${#words[@]}-1]=\${cur%%=*}
        cur=\${cur#*=}
        words+=("$cur")
    fi
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        [[ $value == "" || $value == :* || $value != "$cur"* ]] && continue
        value=\${value#"\${cur%"\${cur##*[=:@]}"}"}
        printf -v value %q "$value"
        COMPREPLY+=("$value")
    done < <(isthmus complete -- "\${words[@]:1}" 2>/dev/null)
    [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o default -F __isthmus_complete isthmus
`;
